import type { TestWorkspace } from './workspace.ts';

/** What moving leads came to, told by keys; a refusal has a code. */
export interface Report {
  readonly code?: string;
  readonly message?: string;
  readonly dryRun: boolean;
  readonly concerned: number;
  readonly moved: number;
  readonly perRep: Readonly<Record<string, number>>;
  readonly leads: readonly {
    /** Null where it is no longer the caller's to see. */
    readonly id: string | null;
    readonly from: string;
    readonly to: string;
    readonly method: string;
    readonly stepKey: string | null;
  }[];
}

export const REPORT = `dryRun concerned moved perRep { rep { key } leads }
  leads { lead { id } from { key } to { key } method stepKey }`;

interface Answered {
  readonly dryRun: boolean;
  readonly concerned: number;
  readonly moved: number;
  readonly perRep: readonly { readonly rep: { readonly key: string }; readonly leads: number }[];
  readonly leads: readonly {
    readonly lead: { readonly id: string } | null;
    readonly from: { readonly key: string };
    readonly to: { readonly key: string };
    readonly method: string;
    readonly stepKey: string | null;
  }[];
}

export const toReport = ({ perRep, leads, ...rest }: Answered): Report => ({
  ...rest,
  perRep: Object.fromEntries(perRep.map(({ rep, leads: count }) => [rep.key, count])),
  leads: leads.map(({ lead, from, to, method, stepKey }) => ({
    id: lead?.id ?? null,
    from: from.key,
    to: to.key,
    method,
    stepKey,
  })),
});

async function ask(
  workspace: TestWorkspace,
  name: 'redistributeLeads' | 'reassignLeads',
  input: object,
  key?: string,
): Promise<Report> {
  const type = name === 'redistributeLeads' ? 'RedistributeLeadsInput' : 'ReassignLeadsInput';
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) {
    ... on MoveReportSuccess { report { ${REPORT} } } ... on Error { code message } } }`;
  const { data, errors } = await workspace.send<Record<string, { report: Answered } & Report>>(query, { input }, key);
  const result = data?.[name];
  if (!result) throw new Error(errors.map(({ message }) => message).join('; '));
  return result.code === undefined ? toReport(result.report) : result;
}

/** By global ids of a rep or a pool. */
export const redistribute = (
  workspace: TestWorkspace,
  input: { readonly repId?: string; readonly poolId?: string; readonly dryRun?: boolean },
  key?: string,
): Promise<Report> => ask(workspace, 'redistributeLeads', { reason: 'moved', ...input }, key);

export const reassign = (
  workspace: TestWorkspace,
  input: { readonly filter: object; readonly repId?: string; readonly poolId?: string; readonly dryRun?: boolean },
  key?: string,
): Promise<Report> => ask(workspace, 'reassignLeads', { reason: 'moved', ...input }, key);

/** What an offboarding came to, told by keys. */
export interface Leaving {
  readonly code?: string;
  readonly message?: string;
  readonly report: Report;
  readonly accounts: readonly string[];
  readonly territories: readonly string[];
  readonly reowned: boolean;
  readonly pools: readonly string[];
  readonly keysRevoked: number;
}

interface Keyed {
  readonly key: string;
}

export async function offboard(
  workspace: TestWorkspace,
  input: { readonly repId: string; readonly successorId?: string; readonly reason?: string; readonly dryRun?: boolean },
): Promise<Leaving> {
  const selection = `report { ${REPORT} } accounts { key } territories { key } reowned pools { key } keysRevoked`;
  const result = await workspace.mutate('offboardRep', input, selection);
  if ('code' in result) return result as unknown as Leaving;
  const { report, accounts, territories, pools, ...rest } = result as unknown as Omit<Leaving, 'report'> & {
    readonly report: Answered;
    readonly accounts: readonly unknown[];
  };
  const keys = (things: readonly unknown[]): string[] => things.map((thing) => (thing as Keyed).key);
  return {
    ...rest,
    report: toReport(report),
    accounts: keys(accounts),
    territories: keys(territories),
    pools: keys(pools),
  };
}

/** Global id of a pool. */
export async function poolId({ send }: TestWorkspace, key: string): Promise<string> {
  const { data } = await send<{ pool: { id: string } | null }>('query ($key: String!) { pool(key: $key) { id } }', {
    key,
  });
  if (!data?.pool) throw new Error(`there is no pool "${key}"`);
  return data.pool.id;
}
