import { createApiKey } from '../../src/configuration/apiKeys.ts';
import type { ConfigurationContext } from '../../src/configuration/change.ts';
import { applyCompany } from '../../src/configuration/company.ts';
import { ensureWorkspace } from '../../src/configuration/workspaces.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import type { Answer, TestApp } from './app.ts';

/** What became of one lead, told by keys; a refusal has a code. */
export interface Outcome {
  readonly id: string;
  readonly owner: string;
  readonly method: string;
  readonly stepKey: string | null;
  /** Id of the person's first lead. */
  readonly first: string | null;
  readonly repeated: boolean;
  readonly code?: string;
  readonly message?: string;
  /** `lead.email: must be …`. */
  readonly issues?: readonly string[];
}

export interface StoredEvent {
  readonly kind: string;
  readonly rep: string | null;
  readonly leadId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A workspace of a test's own on a server that others use too, with what is done there most. */
export interface TestWorkspace {
  readonly id: string;
  readonly context: ConfigurationContext;
  /** An admin's. */
  readonly key: string;
  keyFor(role: 'MANAGER' | 'REP' | 'PARTNER' | 'VIEWER', repKey?: string): Promise<string>;
  /** Sends an operation as the admin, unless another key is given. */
  send<Data = Record<string, never>>(query: string, variables?: object, key?: string): Promise<Answer<Data>>;
  /** Calls a mutation with an `input`: what it answers with, or `{ code, message, issues }`. */
  mutate(name: string, input: object, selection: string, key?: string): Promise<Record<string, unknown>>;
  submit(lead: object, options?: { readonly idempotencyKey?: string; readonly key?: string }): Promise<Outcome>;
  submitAll(leads: readonly object[], key?: string): Promise<Outcome[]>;
  close(leadId: string, status?: string): Promise<void>;
  assign(leadId: string, repKey: string): Promise<void>;
  /** Global id of a rep. */
  rep(key: string): string;
  updateRep(key: string, changes: object): Promise<void>;
  updateSettings(settings: object): Promise<void>;
  /** Events in order; of one kind where that is given. */
  events(kind?: string): Promise<StoredEvent[]>;
  /** Of a pool, by rep. */
  credits(pool?: string): Promise<Readonly<Record<string, number>>>;
  /** Places taken, by rep. */
  loads(): Promise<Readonly<Record<string, number>>>;
  /** Keys of the present owners, by lead. */
  owner(leadId: string): Promise<string>;
  count(table: 'Lead' | 'Event' | 'Assignment' | 'Account' | 'Metro'): Promise<number>;
}

const ERROR = '... on InvalidInputError { issues { path message } } ... on Error { code message }';
const SUBMITTED =
  '... on SubmitLeadSuccess { repeated lead { id firstLead { id } owner { key } } assignment { method stepKey } }';

interface Submitted {
  readonly repeated: boolean;
  readonly lead: { readonly id: string; readonly firstLead: { readonly id: string } | null; owner: { key: string } };
  readonly assignment: { readonly method: string; readonly stepKey: string | null };
}
interface Refused {
  readonly code: string;
  readonly message: string;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
}

const told = (refused: Refused): Pick<Outcome, 'code' | 'message' | 'issues'> => ({
  code: refused.code,
  message: refused.message,
  ...(refused.issues ? { issues: refused.issues.map(({ path, message }) => `${path}: ${message}`) } : {}),
});

function outcomeOf(result: Submitted | Refused): Outcome {
  const nothing = { id: '', owner: '', method: '', stepKey: null, first: null, repeated: false };
  if (!('lead' in result)) return { ...nothing, ...told(result) };
  const { lead, assignment, repeated } = result;
  return { id: lead.id, owner: lead.owner.key, first: lead.firstLead?.id ?? null, repeated, ...assignment };
}

let workspaces = 0;

/** @param company as a file's text */
export async function openWorkspace(app: TestApp, company: string): Promise<TestWorkspace> {
  const { database, clock } = app;
  workspaces += 1;
  const id = await ensureWorkspace(database, clock, `workspace-${workspaces}`);
  const context = { database, workspaceId: id, by: 'test', clock, committed: () => {} };
  await applyCompany(context, company);
  const { secret: key } = await createApiKey(context, { name: 'admin', role: 'ADMIN' });

  async function send<Data>(query: string, variables: object = {}, as = key): Promise<Answer<Data>> {
    return app.send<Data>(query, variables, as);
  }
  async function read<Data>(query: string, variables: object = {}): Promise<Data> {
    const { data, errors } = await send<Data>(query, variables);
    if (!data || errors.length > 0) throw new Error(errors.map(({ message }) => message).join('; '));
    return data;
  }
  async function mutate(name: string, input: object, selection: string, as = key): Promise<Record<string, unknown>> {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
    const query = `mutation ($input: ${type}Input!) { ${name}(input: $input) { ... on ${type}Success { ${selection} } ${ERROR} } }`;
    const { data, errors } = await send<Record<string, Record<string, unknown>>>(query, { input }, as);
    const result = data?.[name];
    if (!result) throw new Error(errors.map(({ message }) => message).join('; '));
    return 'code' in result ? { ...told(result as unknown as Refused) } : result;
  }
  async function done(name: string, input: object): Promise<void> {
    const { code, message } = await mutate(name, input, '__typename');
    if (code !== undefined) throw new Error(`${code}: ${message}`);
  }

  const reps = await database.prisma.rep.findMany({ where: { workspaceId: id }, select: { id: true, key: true } });
  const repIds = new Map(reps.map((each) => [each.key, encodeId('Rep', each.id)]));
  const rep = (repKey: string): string => {
    const repId = repIds.get(repKey);
    if (repId === undefined) throw new Error(`there is no rep "${repKey}"`);
    return repId;
  };

  return {
    id,
    context,
    key,
    send,
    mutate,
    rep,
    keyFor: async (role, repKey) => {
      const where = { workspaceId_key: { workspaceId: id, key: repKey ?? '' } };
      const of = repKey === undefined ? null : await database.prisma.rep.findUniqueOrThrow({ where });
      return (await createApiKey(context, { name: `${role} ${repKey ?? ''}`, role, repId: of?.id ?? null })).secret;
    },
    submit: async (lead, { idempotencyKey, key: as } = {}) => {
      const { data, errors } = await send<{ submitLead: Submitted | Refused }>(
        `mutation ($input: SubmitLeadInput!) { submitLead(input: $input) { ${SUBMITTED} ${ERROR} } }`,
        { input: { lead, idempotencyKey } },
        as,
      );
      if (!data) throw new Error(errors.map(({ message }) => message).join('; '));
      return outcomeOf(data.submitLead);
    },
    submitAll: async (leads, as) => {
      const { data, errors } = await send<{ submitLeads: { results: (Submitted | Refused)[] } }>(
        `mutation ($input: SubmitLeadsInput!) { submitLeads(input: $input) { ... on SubmitLeadsSuccess { results { ${SUBMITTED} ${ERROR} } } } }`,
        { input: { leads: leads.map((lead) => ({ lead })) } },
        as,
      );
      if (!data) throw new Error(errors.map(({ message }) => message).join('; '));
      return data.submitLeads.results.map(outcomeOf);
    },
    close: (leadId, status = 'LOST') => done('updateLeadStatus', { leadId, status }),
    assign: (leadId, repKey) => done('assignLead', { leadId, repId: rep(repKey), reason: 'by hand' }),
    updateRep: (repKey, changes) => done('updateRep', { id: rep(repKey), ...changes }),
    updateSettings: (settings) => done('updateWorkspace', settings),
    events: async (kind) => {
      const { rows } = await database.pool.query<StoredEvent>(
        `SELECT upper(replace(e."kind", '.', '_')) AS "kind", r."key" AS "rep", e."data",
                rtrim(translate(encode(convert_to('Lead:' || e."leadId", 'UTF8'), 'base64'), E'+/\\n', '-_'), '=') AS "leadId"
         FROM "Event" e LEFT JOIN "Rep" r ON r."workspaceId" = e."workspaceId" AND r."id" = e."repId"
         WHERE e."workspaceId" = $1 ORDER BY e."number"`,
        [id],
      );
      return rows.filter((event) => kind === undefined || event.kind === kind);
    },
    credits: async (pool = 'main') => {
      const data = await read<{ pool: { members: { rep: { key: string }; credit: number }[] } }>(
        'query ($pool: String!) { pool(key: $pool) { members { rep { key } credit } } }',
        { pool },
      );
      return Object.fromEntries(data.pool.members.map((member) => [member.rep.key, member.credit]));
    },
    loads: async () => {
      const data = await read<{ reps: { edges: { node: { key: string; load: number } }[] } }>(
        '{ reps(first: 100) { edges { node { key load } } } }',
      );
      return Object.fromEntries(data.reps.edges.map(({ node }) => [node.key, node.load]));
    },
    owner: async (leadId) => {
      const data = await read<{ lead: { owner: { key: string } } }>(
        'query ($leadId: ID!) { lead(id: $leadId) { owner { key } } }',
        { leadId },
      );
      return data.lead.owner.key;
    },
    count: async (table) => {
      const { rows } = await database.pool.query(`SELECT count(*)::int AS n FROM "${table}" WHERE "workspaceId" = $1`, [
        id,
      ]);
      return rows[0].n;
    },
  };
}
