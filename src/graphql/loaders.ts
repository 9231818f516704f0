import DataLoader from 'dataloader';
import { type AvailabilityView, readAvailability } from '../assignment/readAvailability.ts';
import type { Visibility } from '../auth/visibility.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';
import { loadConfigurationAsOf } from '../db/configuration.ts';
import type {
  Account,
  Activity,
  Assignment,
  Decision,
  Lead,
  Metro,
  Pool,
  Queue,
  QueuedLead,
  Rep,
  RepState,
  Rotation,
  Territory,
} from '../db/generated/client.ts';
import type { RoutingConfiguration } from '../domain/routingConfiguration.ts';
import { NO_ID } from './ids.ts';
import { type AccountSuggestion, findRelatedLeads, type RelatedLead, suggestAccounts } from './leadLookups.ts';

export type AccountWithDomains = Account & { readonly domains: readonly string[] };
export type Member = {
  readonly poolId: string;
  readonly repId: string;
  readonly weight: number;
  readonly tier: number;
  readonly capacity: number | null;
  readonly segmentWeights: unknown;
};

type ById<Row> = DataLoader<string, Row | null>;
type Grouped<Row> = DataLoader<string, Row[]>;

export interface Loaders {
  readonly rep: ById<Rep>;
  readonly repState: ById<RepState>;
  readonly availability: ById<AvailabilityView>;
  readonly queue: ById<Queue>;
  /** By lead id: its place in a queue. */
  readonly queuedLead: ById<QueuedLead>;
  readonly pool: ById<Pool>;
  /** By `poolRotation`. */
  readonly rotation: ById<Rotation>;
  readonly metro: ById<Metro>;
  readonly territory: ById<Territory>;
  readonly account: ById<AccountWithDomains>;
  readonly lead: ById<Lead>;
  readonly assignment: ById<Assignment>;
  readonly decision: ById<Decision>;
  /** By lead id: the present assignment; a closed lead keeps its last one. */
  readonly presentAssignment: ById<Assignment>;
  readonly membersOfPool: Grouped<Member>;
  readonly poolsOfRep: Grouped<Pool>;
  readonly assignmentsOfLead: Grouped<Assignment>;
  readonly activitiesOfLead: Grouped<Activity>;
  readonly relatedLeads: Grouped<RelatedLead>;
  readonly accountSuggestions: Grouped<AccountSuggestion>;
  /** As it stood for a decision; null when that version of the plan is no more. */
  readonly configurationAsOf: DataLoader<ConfigurationVersion, RoutingConfiguration | null, string>;
}

export interface ConfigurationVersion {
  readonly configVersion: number;
  readonly planVersion: number;
}

/**
 * One query for all look-ups of one kind that an operation makes at the same time, within one workspace.
 *
 * @param cache whether what was read is kept; not in a subscription, whose every event is to be read anew
 * @param visibility whose leads may be found beside others
 */
export function createLoaders(
  database: Database,
  workspace: string | null,
  cache: boolean,
  visibility: () => Promise<Visibility>,
  clock: Clock,
): Loaders {
  const { prisma } = database;
  // Without a workspace nothing is found.
  const workspaceId = workspace ?? NO_ID;

  const byId = <Row>(find: (ids: string[]) => Promise<readonly Row[]>, idOf: (row: Row) => string): ById<Row> =>
    new DataLoader(
      async (ids) => {
        const rows = new Map((await find([...ids])).map((row) => [idOf(row), row]));
        return ids.map((id) => rows.get(id) ?? null);
      },
      { cache },
    );
  const grouped = <Row>(find: (ids: string[]) => Promise<readonly Row[]>, idOf: (row: Row) => string): Grouped<Row> =>
    new DataLoader(
      async (ids) => {
        const rows = Map.groupBy(await find([...ids]), idOf);
        return ids.map((id) => rows.get(id) ?? []);
      },
      { cache },
    );
  const own = (ids: string[]) => ({ where: { workspaceId, id: { in: ids } } });
  const id = (row: { readonly id: string }): string => row.id;

  return {
    rep: byId((ids) => prisma.rep.findMany(own(ids)), id),
    repState: byId(
      (ids) => prisma.repState.findMany({ where: { workspaceId, repId: { in: ids } } }),
      (row) => row.repId,
    ),
    availability: byId(
      (ids) => readAvailability(database, workspaceId, ids, clock.now()),
      (row) => row.repId,
    ),
    queue: byId((ids) => prisma.queue.findMany(own(ids)), id),
    queuedLead: byId(
      (ids) => prisma.queuedLead.findMany({ where: { workspaceId, leadId: { in: ids } } }),
      (row) => row.leadId,
    ),
    pool: byId((ids) => prisma.pool.findMany(own(ids)), id),
    rotation: byId((ids) => prisma.rotation.findMany(own(ids)), id),
    metro: byId((ids) => prisma.metro.findMany(own(ids)), id),
    territory: byId((ids) => prisma.territory.findMany(own(ids)), id),
    account: byId(
      async (ids) => (await prisma.account.findMany({ ...own(ids), include: { domains: true } })).map(withDomains),
      id,
    ),
    lead: byId((ids) => prisma.lead.findMany(own(ids)), id),
    assignment: byId((ids) => prisma.assignment.findMany(own(ids)), id),
    decision: byId(
      (ids) => prisma.decision.findMany({ where: { workspaceId, assignmentId: { in: ids } } }),
      (row) => row.assignmentId,
    ),
    presentAssignment: byId(
      (ids) => prisma.assignment.findMany({ where: { workspaceId, leadId: { in: ids }, endedAt: null } }),
      (row) => row.leadId,
    ),
    membersOfPool: grouped(
      (ids) =>
        prisma.poolMember.findMany({ where: { workspaceId, poolId: { in: ids } }, orderBy: { position: 'asc' } }),
      (row) => row.poolId,
    ),
    poolsOfRep: new DataLoader(
      async (ids) => {
        const memberships = await prisma.poolMember.findMany({
          where: { workspaceId, repId: { in: [...ids] } },
          include: { pool: true },
          orderBy: { pool: { key: 'asc' } },
        });
        const ofRep = Map.groupBy(memberships, ({ repId }) => repId);
        return ids.map((repId) => (ofRep.get(repId) ?? []).map(({ pool }) => pool));
      },
      { cache },
    ),
    assignmentsOfLead: grouped(
      (ids) => prisma.assignment.findMany({ where: { workspaceId, leadId: { in: ids } }, orderBy: { number: 'asc' } }),
      (row) => row.leadId,
    ),
    activitiesOfLead: grouped(
      (ids) =>
        prisma.activity.findMany({
          where: { workspaceId, leadId: { in: ids } },
          orderBy: [{ at: 'asc' }, { id: 'asc' }],
        }),
      (row) => row.leadId,
    ),
    relatedLeads: grouped(
      async (ids) => findRelatedLeads(database, workspaceId, await visibility(), ids),
      (row) => row.of,
    ),
    accountSuggestions: grouped(
      (ids) => suggestAccounts(database, workspaceId, ids),
      (row) => row.of,
    ),
    configurationAsOf: new DataLoader(
      async (versions) => {
        const client = await database.pool.connect();
        try {
          const loaded: (RoutingConfiguration | null)[] = [];
          for (const { configVersion, planVersion } of versions) {
            loaded.push(await loadConfigurationAsOf(client, workspaceId, configVersion, planVersion));
          }
          return loaded;
        } finally {
          client.release();
        }
      },
      { cache, cacheKeyFn: ({ configVersion, planVersion }) => `${configVersion}/${planVersion}` },
    ),
  };
}

export const withDomains = ({
  domains,
  ...account
}: Account & { readonly domains: readonly { readonly domain: string }[] }): AccountWithDomains => ({
  ...account,
  domains: domains.map(({ domain }) => domain).sort(),
});
