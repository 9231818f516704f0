import { type Replay, replayDecision } from '../../src/assignment/explain.ts';
import type { StoredDecision } from '../../src/assignment/storedDecision.ts';
import { loadConfigurationAsOf } from '../../src/db/configuration.ts';
import type { RoutingConfiguration } from '../../src/domain/routingConfiguration.ts';
import type { TestApp } from './app.ts';

export interface Replayed {
  /** Of the assignment. */
  readonly number: number;
  readonly stored: StoredDecision;
  readonly replay: Replay | null;
}

/** Replays every decision of a workspace, of present and of former assignments, in the order they were made. */
export async function replayAll({ database }: TestApp, workspaceId: string): Promise<Replayed[]> {
  const assignments = await database.prisma.assignment.findMany({
    where: { workspaceId },
    include: { lead: true, decision: true },
    orderBy: { number: 'asc' },
  });
  const client = await database.pool.connect();
  const loaded = new Map<string, RoutingConfiguration | null>();
  try {
    const all: Replayed[] = [];
    for (const { lead, decision, ...assignment } of assignments) {
      const stored = decision?.data as unknown as StoredDecision;
      const replay = await replayDecision({ lead, assignment, stored }, async (configVersion, planVersion) => {
        const name = `${configVersion}/${planVersion}`;
        const known = loaded.get(name);
        if (known !== undefined) return known;
        const configuration = await loadConfigurationAsOf(client, workspaceId, configVersion, planVersion);
        loaded.set(name, configuration);
        return configuration;
      });
      all.push({ number: Number(assignment.number), stored, replay });
    }
    return all;
  } finally {
    client.release();
  }
}

/** The decisions that come out otherwise, with what is different. */
export const differing = async (app: TestApp, workspaceId: string) =>
  (await replayAll(app, workspaceId)).flatMap(({ number, replay }) =>
    replay?.same ? [] : [{ number, differences: replay?.differences ?? null }],
  );
