import type pg from 'pg';
import { loadConfiguration } from '../db/configuration.ts';
import type { Counters } from '../db/lane.ts';
import { planned } from '../db/statements.ts';
import type { RoutingState } from '../domain/decide.ts';
import { EMPTY_ROTATION, parseRotation, type Rotation, type StoredRotation } from '../domain/rotation.ts';
import type { RoutingConfiguration } from '../domain/routingConfiguration.ts';
import { NEW_STANDING, type Standing } from '../domain/standing.ts';
import { Attendance, type KnownPresence, NOT_KNOWN } from './attendance.ts';

/** What changes with every lead, of one rep. */
export interface RepState extends Standing {
  /** Number of the last event in the rep's feed, 0 for none yet. */
  readonly lastEvent: number;
}

/** How many leads wait in a queue. */
export interface QueueCount {
  /** For somebody to be there. */
  readonly someone: number;
  /** For whoever claims them. */
  readonly claim: number;
}

/**
 * What deciding needs, kept in memory between batches. It is current as long as no other process has
 * committed in between: the lane's batch number tells.
 */
export interface Memory {
  counters: Counters;
  configuration: RoutingConfiguration;
  readonly reps: Map<string, RepState>;
  readonly rotations: Map<string, Rotation>;
  readonly attendance: Attendance;
  /** By id of the queue. */
  readonly queues: Map<string, QueueCount>;
  /** Steps of the present plan whose failure has been told. */
  readonly failedSteps: Set<string>;
}

/** The state as it is committed. */
export const stateIn = ({ reps, rotations, attendance, configuration }: Memory): RoutingState => ({
  rep: (repId) => reps.get(repId) ?? NEW_STANDING,
  rotation: (id) => rotations.get(id) ?? EMPTY_ROTATION,
  absences: (repId, at) => attendance.absences(repId, at, configuration),
});

/**
 * Brings the memory up to the counters just read under the lock: only what other commits have changed since is
 * read. Without a memory everything is read.
 *
 * @param asked what has changed since the memory, where it was asked for already
 */
export async function refresh(
  client: pg.ClientBase,
  workspaceId: string,
  memory: Memory | null,
  counters: Counters,
  asked: Promise<Changed> | null = null,
): Promise<Memory> {
  if (memory !== null && memory.counters.batch === counters.batch) return memory;
  const known = memory?.counters ?? { batch: -1, configVersion: -1 };
  const isConfigured = memory !== null && known.configVersion === counters.configVersion;
  const configuration = isConfigured
    ? memory.configuration
    : await loadConfiguration(client, workspaceId, memory?.configuration ?? null, known.configVersion);
  const samePlan = memory?.configuration.plan?.version === configuration.plan?.version;
  const current: Memory = {
    counters,
    configuration,
    reps: memory?.reps ?? new Map(),
    rotations: memory?.rotations ?? new Map(),
    attendance: memory?.attendance ?? new Attendance(),
    queues: memory?.queues ?? new Map(),
    failedSteps: memory !== null && samePlan ? memory.failedSteps : new Set(),
  };
  const changed = await (asked ?? readChanged(client, workspaceId, known.batch));
  for (const rep of changed.reps) setStanding(current.reps, rep);
  for (const rotation of changed.rotations) current.rotations.set(rotation.id, parseRotation(toStored(rotation)));
  for (const presence of changed.presences) current.attendance.set(presence.repId, toPresence(presence));
  for (const { queueId, someone, claim } of changed.queues) current.queues.set(queueId, { someone, claim });
  // With a new configuration anybody may have been given a rate cap.
  await readRecent(client, workspaceId, current, isConfigured ? changed.reps.map(({ repId }) => repId) : null);
  return current;
}

/** Rows as PostgreSQL writes them into JSON. */
export interface Changed {
  readonly reps: readonly (Omit<RepState, 'recent'> & { readonly repId: string })[];
  readonly rotations: readonly (Omit<StoredRotation, 'since'> & {
    readonly id: string;
    readonly since: string | null;
  })[];
  readonly presences: readonly StoredPresence[];
  readonly queues: readonly QueueRow[];
}

/* With several servers each batch follows one of another: one round trip, while the lane is held. */
const SELECT_CHANGED = `SELECT ${Object.entries({
  reps: 'RepState',
  rotations: 'Rotation',
  presences: 'RepPresence',
  queues: 'QueueState',
}).map(
  ([name, table]) => `
  (SELECT coalesce(json_agg(r), '[]') FROM "${table}" r WHERE "workspaceId" = $1 AND "batch" > $2) AS "${name}"`,
)}`;

/** Reads what has changed since a batch, everything since −1. */
export async function readChanged(client: pg.ClientBase, workspaceId: string, since: number): Promise<Changed> {
  const statement = { name: 'changed since', text: SELECT_CHANGED, values: [workspaceId, since] };
  const { rows } = await client.query<Changed>(planned(client, statement));
  return rows[0] as Changed;
}

function setStanding(
  reps: Map<string, RepState>,
  { repId, load, held, classes, lastAssignment, lastEvent }: Changed['reps'][number],
): void {
  const recent = reps.get(repId)?.recent ?? [];
  reps.set(repId, { load, held, classes, lastAssignment, lastEvent, recent });
}

const toStored = ({ since, ...rotation }: Changed['rotations'][number]): StoredRotation => ({
  ...rotation,
  since: since === null ? null : new Date(since),
});

type QueueRow = QueueCount & { readonly queueId: string };

/** Moments as ISO texts: as PostgreSQL writes them into JSON. */
export type StoredPresence = Omit<KnownPresence, 'busyUntil' | 'lastSeenAt'> & {
  readonly repId: string;
  readonly busyUntil: string | null;
  readonly lastSeenAt: string | null;
};

const toMs = (moment: string | null): number | null => (moment === null ? null : Date.parse(moment));

const toPresence = ({ pause, busyUntil, leaves, calendars, lastSeenAt }: StoredPresence): KnownPresence => ({
  ...NOT_KNOWN,
  pause,
  leaves,
  calendars,
  busyUntil: toMs(busyUntil),
  lastSeenAt: toMs(lastSeenAt),
});

/** Reads, for reps with rate caps, when they last received leads: one query, none where nobody has any. */
async function readRecent(
  client: pg.ClientBase,
  workspaceId: string,
  { configuration, reps }: Pick<Memory, 'configuration' | 'reps'>,
  changed: readonly string[] | null,
): Promise<void> {
  const { settings, reps: all } = configuration;
  const wanted = (changed ?? [...all.byId.keys()]).flatMap((repId) => {
    const moments = settings.momentsOf(repId);
    return moments > 0 ? [{ repId, moments }] : [];
  });
  if (wanted.length === 0) return;
  const { rows } = await client.query<{ repId: string; recent: Date[] }>(
    `SELECT r."repId", array(
       SELECT a."assignedAt" FROM "Assignment" a WHERE a."workspaceId" = $1 AND a."repId" = r."repId" AND a."planVersion" IS NOT NULL AND a."method" <> 'QUEUE'
       ORDER BY a."number" DESC LIMIT r."moments"
     ) AS "recent"
     FROM json_to_recordset($2) AS r("repId" uuid, "moments" int)`,
    [workspaceId, JSON.stringify(wanted)],
  );
  for (const { repId, recent } of rows) {
    const state = reps.get(repId);
    if (state) reps.set(repId, { ...state, recent: recent.map((moment) => moment.getTime()).reverse() });
  }
}
