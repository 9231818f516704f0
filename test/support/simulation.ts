import type { TestWorkspace } from './workspace.ts';

/** Who has, or would have, a lead and by what, or with which code it is refused. */
export type Owned =
  | string
  | { readonly rep: string; readonly method: string; readonly stepKey: string | null; readonly pool: string | null };

const OWNER = 'rep { key } method stepKey pool { key }';

interface RawOwner {
  readonly rep: { readonly key: string };
  readonly method: string;
  readonly stepKey: string | null;
  readonly pool: { readonly key: string } | null;
}

const owned = ({ rep, method, stepKey, pool }: RawOwner): Owned => ({
  rep: rep.key,
  method,
  stepKey,
  pool: pool?.key ?? null,
});

interface RawSimulated {
  readonly changed: number;
  readonly fallbackRateBefore: number | null;
  readonly fallbackRateAfter: number | null;
  readonly repsBefore: readonly { readonly rep: { readonly key: string }; readonly leads: number }[];
  readonly repsAfter: RawSimulated['repsBefore'];
  readonly pools: readonly {
    readonly pool: { readonly key: string };
    readonly leadsBefore: number;
    readonly leadsAfter: number;
    readonly giniBefore: number | null;
    readonly giniAfter: number | null;
  }[];
  readonly leads: readonly {
    readonly lead: { readonly id: string } | null;
    readonly before: RawOwner | null;
    readonly after: RawOwner | null;
    readonly refused: string | null;
  }[];
}

/** What `simulatePlan` answers, told by keys. */
export interface Told {
  readonly ids: readonly (string | null)[];
  readonly before: readonly (Owned | null)[];
  readonly after: readonly Owned[];
  readonly changed: number;
  readonly fallback: readonly [before: number | null, after: number | null];
  readonly reps: {
    readonly before: Readonly<Record<string, number>>;
    readonly after: Readonly<Record<string, number>>;
  };
  /** By pool: leads before and after, Gini before and after. */
  readonly pools: Readonly<Record<string, readonly (number | null)[]>>;
}

export async function simulate({ send }: TestWorkspace, input: object, { changedOnly = false } = {}): Promise<Told> {
  const { data, errors } = await send<{ simulatePlan: RawSimulated & { code?: string; message?: string } }>(
    `query ($input: SimulatePlanInput!) { simulatePlan(input: $input) {
       ... on SimulatePlanSuccess {
         changed fallbackRateBefore fallbackRateAfter
         repsBefore { rep { key } leads } repsAfter { rep { key } leads }
         pools { pool { key } leadsBefore leadsAfter giniBefore giniAfter }
         leads(changedOnly: ${changedOnly}) { lead { id } before { ${OWNER} } after { ${OWNER} } refused }
       }
       ... on Error { code message }
     } }`,
    { input },
  );
  const told = data?.simulatePlan;
  if (!told || told.code !== undefined) {
    throw new Error(told ? `${told.code}: ${told.message}` : errors.map(({ message }) => message).join('; '));
  }
  const counts = (reps: RawSimulated['repsBefore']): Record<string, number> =>
    Object.fromEntries(reps.map(({ rep, leads }) => [rep.key, leads]));
  return {
    ids: told.leads.map(({ lead }) => lead?.id ?? null),
    before: told.leads.map(({ before }) => before && owned(before)),
    after: told.leads.map(({ after, refused }) => (after ? owned(after) : String(refused))),
    changed: told.changed,
    fallback: [told.fallbackRateBefore, told.fallbackRateAfter],
    reps: { before: counts(told.repsBefore), after: counts(told.repsAfter) },
    pools: Object.fromEntries(
      told.pools.map(({ pool, leadsBefore, leadsAfter, giniBefore, giniAfter }) => [
        pool.key,
        [leadsBefore, leadsAfter, giniBefore, giniAfter],
      ]),
    ),
  };
}

/** What becomes of leads that are submitted in one call. */
export async function submitted({ send }: TestWorkspace, leads: readonly object[]): Promise<Owned[]> {
  const { data, errors } = await send<{ submitLeads: { results: ({ assignment: RawOwner } | { code: string })[] } }>(
    `mutation ($input: SubmitLeadsInput!) { submitLeads(input: $input) { ... on SubmitLeadsSuccess { results {
       ... on SubmitLeadSuccess { assignment { ${OWNER} } } ... on Error { code } } } } }`,
    { input: { leads: leads.map((lead) => ({ lead })) } },
  );
  if (!data) throw new Error(errors.map(({ message }) => message).join('; '));
  return data.submitLeads.results.map((result) => ('code' in result ? result.code : owned(result.assignment)));
}
