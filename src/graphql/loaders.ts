import DataLoader from 'dataloader';
import { type AvailabilityView, readAvailability } from '../assignment/readAvailability.ts';
import { type AuditedRows, readAuditedRows } from '../audit/auditLog.ts';
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
  /** By version of the configuration: what changed with it. */
  readonly auditedRows: DataLoader<number, AuditedRows>;
  /** As it stood for a decision; null when that version of the plan is no more. */
  readonly configurationAsOf: DataLoader<ConfigurationVersion, RoutingConfiguration | null, string>;
}

export interface ConfigurationVersion {
  readonly configVersion: number;
  readonly planVersion: number;
}

/** What the look-ups of one operation have in common. */
interface Operation {
  readonly database: Database;
  readonly workspaceId: string;
  /** Whether what was read is kept; not in a subscription, whose every event is to be read anew. */
  readonly cache: boolean;
  /** Whose leads may be found beside others. */
  readonly visibility: () => Promise<Visibility>;
  readonly clock: Clock;
}

const byId = <Row>(
  { cache }: Operation,
  find: (ids: string[]) => Promise<readonly Row[]>,
  idOf: (row: Row) => string,
): ById<Row> =>
  new DataLoader(
    async (ids) => {
      const rows = new Map((await find([...ids])).map((row) => [idOf(row), row]));
      return ids.map((id) => rows.get(id) ?? null);
    },
    { cache },
  );
const grouped = <Row>(
  { cache }: Operation,
  find: (ids: string[]) => Promise<readonly Row[]>,
  idOf: (row: Row) => string,
): Grouped<Row> =>
  new DataLoader(
    async (ids) => {
      const rows = Map.groupBy(await find([...ids]), idOf);
      return ids.map((id) => rows.get(id) ?? []);
    },
    { cache },
  );
const own = ({ workspaceId }: Operation, ids: string[]) => ({ where: { workspaceId, id: { in: ids } } });
const id = (row: { readonly id: string }): string => row.id;

/** How each kind of look-up is made. */
const MAKE: { readonly [Name in keyof Loaders]: (operation: Operation) => Loaders[Name] } = {
  rep: (of) => byId(of, (ids) => of.database.prisma.rep.findMany(own(of, ids)), id),
  repState: (of) =>
    byId(
      of,
      (ids) => of.database.prisma.repState.findMany({ where: { workspaceId: of.workspaceId, repId: { in: ids } } }),
      (row) => row.repId,
    ),
  availability: (of) =>
    byId(
      of,
      (ids) => readAvailability(of.database, of.workspaceId, ids, of.clock.now()),
      (row) => row.repId,
    ),
  queue: (of) => byId(of, (ids) => of.database.prisma.queue.findMany(own(of, ids)), id),
  queuedLead: (of) =>
    byId(
      of,
      (ids) => of.database.prisma.queuedLead.findMany({ where: { workspaceId: of.workspaceId, leadId: { in: ids } } }),
      (row) => row.leadId,
    ),
  pool: (of) => byId(of, (ids) => of.database.prisma.pool.findMany(own(of, ids)), id),
  rotation: (of) => byId(of, (ids) => of.database.prisma.rotation.findMany(own(of, ids)), id),
  metro: (of) => byId(of, (ids) => of.database.prisma.metro.findMany(own(of, ids)), id),
  territory: (of) => byId(of, (ids) => of.database.prisma.territory.findMany(own(of, ids)), id),
  account: (of) =>
    byId(
      of,
      async (ids) =>
        (await of.database.prisma.account.findMany({ ...own(of, ids), include: { domains: true } })).map(withDomains),
      id,
    ),
  lead: (of) => byId(of, (ids) => of.database.prisma.lead.findMany(own(of, ids)), id),
  assignment: (of) => byId(of, (ids) => of.database.prisma.assignment.findMany(own(of, ids)), id),
  decision: (of) =>
    byId(
      of,
      (ids) =>
        of.database.prisma.decision.findMany({ where: { workspaceId: of.workspaceId, assignmentId: { in: ids } } }),
      (row) => row.assignmentId,
    ),
  presentAssignment: (of) =>
    byId(
      of,
      (ids) =>
        of.database.prisma.assignment.findMany({
          where: { workspaceId: of.workspaceId, leadId: { in: ids }, endedAt: null },
        }),
      (row) => row.leadId,
    ),
  auditedRows: (of) =>
    new DataLoader((versions) => readAuditedRows(of.database.pool, of.workspaceId, versions), { cache: of.cache }),
  membersOfPool: (of) =>
    grouped(
      of,
      (ids) =>
        of.database.prisma.poolMember.findMany({
          where: { workspaceId: of.workspaceId, poolId: { in: ids } },
          orderBy: { position: 'asc' },
        }),
      (row) => row.poolId,
    ),
  poolsOfRep: (of) =>
    new DataLoader(
      async (ids) => {
        const memberships = await of.database.prisma.poolMember.findMany({
          where: { workspaceId: of.workspaceId, repId: { in: [...ids] } },
          include: { pool: true },
          orderBy: { pool: { key: 'asc' } },
        });
        const ofRep = Map.groupBy(memberships, ({ repId }) => repId);
        return ids.map((repId) => (ofRep.get(repId) ?? []).map(({ pool }) => pool));
      },
      { cache: of.cache },
    ),
  assignmentsOfLead: (of) =>
    grouped(
      of,
      (ids) =>
        of.database.prisma.assignment.findMany({
          where: { workspaceId: of.workspaceId, leadId: { in: ids } },
          orderBy: { number: 'asc' },
        }),
      (row) => row.leadId,
    ),
  activitiesOfLead: (of) =>
    grouped(
      of,
      (ids) =>
        of.database.prisma.activity.findMany({
          where: { workspaceId: of.workspaceId, leadId: { in: ids } },
          orderBy: [{ at: 'asc' }, { id: 'asc' }],
        }),
      (row) => row.leadId,
    ),
  relatedLeads: (of) =>
    grouped(
      of,
      async (ids) => findRelatedLeads(of.database, of.workspaceId, await of.visibility(), ids),
      (row) => row.of,
    ),
  accountSuggestions: (of) =>
    grouped(
      of,
      (ids) => suggestAccounts(of.database, of.workspaceId, ids),
      (row) => row.of,
    ),
  configurationAsOf: (of) =>
    new DataLoader(
      async (versions) => {
        const client = await of.database.pool.connect();
        try {
          const loaded: (RoutingConfiguration | null)[] = [];
          for (const { configVersion, planVersion } of versions) {
            loaded.push(await loadConfigurationAsOf(client, of.workspaceId, configVersion, planVersion));
          }
          return loaded;
        } finally {
          client.release();
        }
      },
      { cache: of.cache, cacheKeyFn: ({ configVersion, planVersion }) => `${configVersion}/${planVersion}` },
    ),
};

class LazyLoaders {
  readonly operation: Operation;

  constructor(operation: Operation) {
    this.operation = operation;
  }
}
for (const [name, make] of Object.entries(MAKE)) {
  Object.defineProperty(LazyLoaders.prototype, name, {
    get(this: LazyLoaders) {
      const loader = make(this.operation);
      Object.defineProperty(this, name, { value: loader });
      return loader;
    },
  });
}

/**
 * One query for all look-ups of one kind that an operation makes at the same time, within one workspace. Each kind is
 * made when it is first asked for: all of them took 60 µs and 11 KB, for an operation that needs one or two.
 */
export const createLoaders = (operation: Operation): Loaders => new LazyLoaders(operation) as unknown as Loaders;

export const withDomains = ({
  domains,
  ...account
}: Account & { readonly domains: readonly { readonly domain: string }[] }): AccountWithDomains => ({
  ...account,
  domains: domains.map(({ domain }) => domain).sort(),
});
