import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';
import { type Commit, createLane, type Lane, type Operation } from './lane.ts';

/** The lanes of all workspaces that this process has had to do with. */
export interface Lanes {
  run<Result>(workspaceId: string, operation: Operation<Result>): Promise<Result>;
  close(): Promise<void>;
}

export function createLanes(options: {
  readonly database: Database;
  readonly clock: Clock;
  readonly committed: (workspaceId: string, lastEvent: number) => void;
  readonly batchSize?: number;
  readonly report?: (commit: Commit) => void;
}): Lanes {
  const lanes = new Map<string, Lane>();
  return {
    run: (workspaceId, operation) => {
      let lane = lanes.get(workspaceId);
      if (!lane) {
        lane = createLane({ ...options, workspaceId });
        lanes.set(workspaceId, lane);
      }
      return lane.run(operation);
    },
    close: async () => {
      await Promise.all(Array.from(lanes.values(), (lane) => lane.close()));
    },
  };
}
