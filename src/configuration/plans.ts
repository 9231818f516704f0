import type pg from 'pg';
import { v7 } from 'uuid';
import { z } from 'zod';
import { loadConfiguration, withDefaults } from '../db/configuration.ts';
import type { PlanVersion } from '../db/generated/client.ts';
import { readLane } from '../db/lane.ts';
import { checkPlan, type Finding, type PlanReport } from '../domain/checkPlan.ts';
import { InvalidInput, type Issue, Refusal } from '../domain/errors.ts';
import { isAttribute, isLeadField, LEAD_FIELDS, TIME_FIELDS } from '../domain/fields.ts';
import { localDay } from '../domain/localTime.ts';
import {
  DIRECTIONS,
  MATCH_OPERATORS,
  OWNER_AWAY,
  type Plan,
  POOL_LIST_SHARES,
  STEP_DEFAULTS,
  STEP_KINDS,
  type Step,
  type Target,
} from '../domain/plan.ts';
import { isRepField, REP_FIELDS } from '../domain/repMatch.ts';
import { regionsOf } from '../intake/leadInput.ts';
import { multiline } from '../intake/text.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { given, key, LIMITS, parse, repFields } from './inputs.ts';
import { conditionSchema } from './segments.ts';

/** Left out and null are the same. */
const withoutNulls = (value: unknown): unknown =>
  value !== null && typeof value === 'object'
    ? Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null && part !== undefined))
    : value;

const WEIGHT_FAULT = 'must be a whole number from 1 to 10,000';
const weight = z.number({ error: WEIGHT_FAULT }).int(WEIGHT_FAULT).min(1, WEIGHT_FAULT).max(10_000, WEIGHT_FAULT);

const targetSchema = z.preprocess(
  withoutNulls,
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('REP'), rep: key }),
    z.strictObject({ kind: z.literal('POOL'), pool: key }),
    z.strictObject({
      kind: z.literal('POOLS'),
      pools: z
        .array(z.preprocess(withoutNulls, z.strictObject({ pool: key, weight: weight.default(1) })))
        .min(1, { error: 'must name at least one pool' })
        .max(100, { error: 'has more than 100 pools' })
        .refine((list) => new Set(list.map(({ pool }) => pool)).size === list.length, { error: 'names a pool twice' }),
      share: z.enum(POOL_LIST_SHARES).default('PER_HEAD'),
    }),
    z.strictObject({ kind: z.literal('ACCOUNT_OWNER') }),
    z.strictObject({ kind: z.literal('TERRITORY') }),
    z.strictObject({ kind: z.literal('QUEUE'), queue: key }),
  ]),
);

const whenNobodySchema = z.preprocess(
  withoutNulls,
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('NEXT_STEP') }),
    z.strictObject({ kind: z.literal('BACKUP_POOL'), pool: key }),
    z.strictObject({ kind: z.literal('ASSIGN_ANYWAY') }),
    z.strictObject({ kind: z.literal('QUEUE'), queue: key }),
    z.strictObject({ kind: z.literal('MANAGER') }),
  ]),
);

const repField = z
  .string()
  .refine(isRepField, { error: `must be a field of the rep (${REP_FIELDS.join(', ')}) or attributes.<name>` });

const matchSchema = z.strictObject({
  repField,
  operator: z.enum(MATCH_OPERATORS, { error: `must be one of ${MATCH_OPERATORS.join(', ')}` }),
  leadField: z.string().refine((field) => isLeadField(field) || isAttribute(field), {
    error: `must be a field of the lead (${Object.keys(LEAD_FIELDS).join(', ')}) or attributes.<name>`,
  }),
});
const matchesSchema = z.array(matchSchema).max(20, { error: 'has more than 20 matches' });

/** A day: `2027-01-31`. */
const day = z.iso.date({ error: 'must be a day that exists, as YYYY-MM-DD' });

const OFFER_FAULT = 'must be a whole number of seconds from 5 to 86,400';

const stepSchema = z
  .strictObject({
    key,
    name: repFields.name.nullish(),
    kind: z.enum(STEP_KINDS),
    condition: conditionSchema.nullish(),
    match: matchesSchema.nullish(),
    prefer: matchesSchema.nullish(),
    order: z
      .array(
        z.strictObject({ repField, first: z.enum(DIRECTIONS, { error: `must be one of ${DIRECTIONS.join(', ')}` }) }),
      )
      .max(5, { error: 'has more than 5 fields' })
      .nullish(),
    target: targetSchema,
    whenNobody: whenNobodySchema.nullish(),
    ownerAway: z.enum(OWNER_AWAY).nullish(),
    ownerBeyondCapacity: z.boolean().nullish(),
    keepWithSubmitter: z.boolean().nullish(),
    offerSeconds: z
      .number({ error: OFFER_FAULT })
      .int({ error: OFFER_FAULT })
      .min(5, { error: OFFER_FAULT })
      .max(86_400, { error: OFFER_FAULT })
      .nullish(),
    reviewOn: day.nullish(),
  })
  .transform((step, context): Step => {
    const account = step.kind === 'ACCOUNT_OWNER' || step.kind === 'NAMED_ACCOUNT';
    if ((step.target as Target).kind === 'ACCOUNT_OWNER' && !account) {
      context.addIssue({
        code: 'custom',
        path: ['target', 'kind'],
        message: 'ACCOUNT_OWNER needs a step of kind ACCOUNT_OWNER or NAMED_ACCOUNT',
      });
    }
    const said = Object.fromEntries(Object.entries(step).filter(([, value]) => value != null));
    return { ...STEP_DEFAULTS, name: step.key, ...said } as unknown as Step;
  });

const stepsSchema = z.array(z.preprocess(withoutNulls, stepSchema)).max(LIMITS.steps, {
  error: `has more than ${LIMITS.steps.toLocaleString('en')} steps`,
});

/** What a plan says, in mutations and files alike. */
export const planFields = {
  steps: stepsSchema,
  /** Rep keys. */
  lastResort: z.array(key).max(100, { error: 'has more than 100 reps' }),
  note: multiline(2_000).nullish(),
  /** When somebody is to look at the whole of it again. */
  reviewOn: day.nullish(),
} as const;

const draftSchema = z.strictObject({
  ...planFields,
  expectedVersion: z.number().int().nullish(),
  expectedRevision: z.number().int().nullish(),
});

export interface PlanContent extends Pick<Plan, 'steps' | 'lastResort'> {
  readonly note: string | null;
  /** `YYYY-MM-DD`. */
  readonly reviewOn: string | null;
}

/**
 * Saves the draft, under the number of the one before if there is one and no version was published since. It may still
 * have faults: `lintPlan` names them.
 * @throws InvalidInput; Refusal VERSION_CONFLICT when `expectedVersion` is not the draft's, or `expectedRevision` not
 *   that of the draft or, where there is none, of the published plan
 */
export async function savePlanDraft(context: ConfigurationContext, input: object): Promise<PlanVersion> {
  const { expectedVersion, expectedRevision, note, reviewOn, ...content } = parse(draftSchema, given(input));
  return changeConfiguration(context, 'savePlanDraft', async (change) => {
    const draft = await findPlan(change, '"status" = \'DRAFT\'');
    if (expectedVersion != null && draft?.version !== expectedVersion) {
      throw new Refusal(
        'VERSION_CONFLICT',
        draft
          ? `The draft is version ${draft.version}, you edited ${expectedVersion}. Read it again and repeat your change.`
          : `There is no draft of version ${expectedVersion} any more; it was published or never saved.`,
      );
    }
    const published = await findPlan(change, '"status" = \'PUBLISHED\'');
    refuseOtherRevision(draft ?? published, expectedRevision);
    const next = await nextNumbers(change);
    if (draft) {
      await change.client.query('DELETE FROM "PlanVersion" WHERE "workspaceId" = $1 AND "id" = $2', [
        change.workspaceId,
        draft.id,
      ]);
    }
    const plan = { ...content, note: note ?? null, reviewOn: reviewOn ?? null };
    const version = draft && isNewest(draft, published) ? draft.version : next.version;
    change.note({ version, revision: next.revision });
    return insertPlan(change, plan, 'DRAFT', { ...next, version });
  });
}

/** Whether no version has been published since the draft was saved. */
const isNewest = (draft: PlanVersion, published: PlanVersion | null): boolean =>
  draft.version > (published?.version ?? 0);

/**
 * @param present what whoever edits the plan would find now
 * @throws Refusal VERSION_CONFLICT when it is another revision than the one expected
 */
function refuseOtherRevision(present: PlanVersion | null, expected: number | null | undefined): void {
  if (expected == null || expected === (present?.revision ?? 0)) return;
  const now = present
    ? `${present.publishedBy ?? present.savedBy} has since ${present.publishedAt ? 'published' : 'saved'} revision ${present.revision}`
    : 'there is none any more';
  throw new Refusal(
    'VERSION_CONFLICT',
    `You edited revision ${expected} of the plan; ${now}. Read it again and repeat your change.`,
  );
}

/**
 * Publishes the draft: the next decision goes by it.
 * @param expectedRevision of the draft; null for whichever it is
 * @throws InvalidInput PLAN_INVALID with what `lintPlan` calls errors; Refusal VERSION_CONFLICT, also when another
 *   version was published after the draft was saved
 */
export async function publishPlan(
  context: ConfigurationContext,
  version: number,
  expectedRevision: number | null = null,
): Promise<PlanVersion> {
  const checked = await checkAhead(context, '"status" = \'DRAFT\' AND "version" = $2', version);
  return changeConfiguration(context, 'publishPlan', async (change) => {
    const draft = await findPlan(change, '"status" = \'DRAFT\'');
    if (draft?.version !== version) {
      throw new Refusal(
        'VERSION_CONFLICT',
        `Version ${version} is not the draft${draft ? `; that is version ${draft.version}` : ''}.`,
      );
    }
    refuseOtherRevision(draft, expectedRevision);
    const published = await findPlan(change, '"status" = \'PUBLISHED\'');
    if (published && !isNewest(draft, published)) {
      throw new Refusal(
        'VERSION_CONFLICT',
        `${published.publishedBy} has published version ${published.version} since this draft was saved. Look at that one, and save the draft again.`,
      );
    }
    await refuseInvalidPlan(change, toPlan(draft), checked?.planId === draft.id ? checked : null);
    await archivePublished(change);
    const { rows } = await change.execute(
      'plan',
      `UPDATE "PlanVersion" SET "status" = 'PUBLISHED', "publishedAt" = $3, "publishedBy" = $4
       WHERE "workspaceId" = $1 AND "id" = $2 RETURNING *`,
      [draft.id, change.now, change.by],
    );
    tellPublished(change, version);
    return rows[0] as PlanVersion;
  });
}

/** Publishes an earlier version's content again, as a version of its own. @throws as publishPlan; Refusal NOT_FOUND */
export async function restorePlan(
  context: ConfigurationContext,
  version: number,
  why: string | null,
): Promise<PlanVersion> {
  const note = parse(planFields.note, why, ['note']);
  const checked = await checkAhead(context, '"version" = $2 AND "publishedAt" IS NOT NULL', version);
  return changeConfiguration(context, 'restorePlan', async (change) => {
    const earlier = await findPlan(change, '"version" = $2 AND "publishedAt" IS NOT NULL', [version]);
    if (!earlier) throw new Refusal('NOT_FOUND', `There is no version ${version} that was published.`);
    const content = { ...toPlan(earlier), note: note ?? `Restored version ${version}`, reviewOn: earlier.reviewOn };
    return publishContent(change, content, checked);
  });
}

/** Publishes content as the next version, at once. @throws InvalidInput PLAN_INVALID */
export async function publishContent(
  change: Change,
  content: PlanContent,
  checked: Checked | null = null,
): Promise<PlanVersion> {
  await refuseInvalidPlan(change, content, checked);
  await archivePublished(change);
  const plan = await insertPlan(change, content, 'PUBLISHED', await nextNumbers(change));
  tellPublished(change, plan.version);
  return plan;
}

/** A review of the whole plan, or of one of its steps. */
export interface Review {
  /** Null for the whole. */
  readonly stepKey: string | null;
  /** Where its date stands. */
  readonly path: Issue['path'];
  readonly reviewOn: string;
}

/** The reviews whose day has come. @param today `YYYY-MM-DD` */
export function dueReviews(row: PlanVersion, today: string): Review[] {
  const isDue = (reviewOn: string | null): reviewOn is string => reviewOn !== null && reviewOn <= today;
  const ofPlan = isDue(row.reviewOn) ? [{ stepKey: null, path: ['reviewOn'], reviewOn: row.reviewOn }] : [];
  const ofSteps = toPlan(row).steps.flatMap(({ key: stepKey, reviewOn }, position): Review[] =>
    isDue(reviewOn) ? [{ stepKey, path: ['steps', position, 'reviewOn'], reviewOn }] : [],
  );
  return [...ofPlan, ...ofSteps];
}

/** @param version null for the draft or, where there is none, the published one. @throws Refusal NOT_FOUND */
export async function lintPlan(
  context: Pick<ConfigurationContext, 'database' | 'workspaceId' | 'clock'>,
  version: number | null,
): Promise<PlanReport> {
  const { database, workspaceId, clock } = context;
  const plan = await database.prisma.planVersion.findFirst({
    where: { workspaceId, ...(version === null ? { status: { in: ['DRAFT', 'PUBLISHED'] } } : { version }) },
    // Drafts come first.
    orderBy: { status: 'asc' },
  });
  if (!plan)
    throw new Refusal('NOT_FOUND', version === null ? 'There is no plan yet.' : `There is no version ${version}.`);
  const client = await database.pool.connect();
  try {
    const configuration = await loadConfiguration(client, workspaceId, null, -1);
    const knowledge = { filled: await filledFields(client, workspaceId), regionsOf };
    const { errors, warnings } = checkPlan(toPlan(plan), configuration, knowledge);
    const today = localDay(clock.now().getTime(), configuration.settings.timeZone);
    const reviews = dueReviews(plan, today).map(({ path, reviewOn }): Finding => {
      return { code: 'REVIEW_DUE', path, message: `has come: it was to be looked at again on ${reviewOn}` };
    });
    return { errors, warnings: [...warnings, ...reviews] };
  } finally {
    client.release();
  }
}

/** So many leads tell which fields sources fill; fewer than the least tell nothing. */
const SAMPLE = { last: 1_000, least: 50 } as const;

/** Fields and attributes that some of the last leads had; null where there are too few to tell. */
async function filledFields(client: pg.ClientBase, workspaceId: string): Promise<ReadonlySet<string> | null> {
  const { rows } = await client.query<{ leads: number; fields: string[] }>(
    `WITH last AS (
       SELECT to_jsonb(l) - 'payload' - 'message' AS "lead" FROM "Lead" l WHERE "workspaceId" = $1
       ORDER BY "receivedAt" DESC LIMIT $2
     ), filled AS (
       SELECT f."key" FROM last, jsonb_each(last."lead") AS f WHERE f."value" <> 'null'
       UNION
       SELECT 'attributes.' || a."key" FROM last, jsonb_each(last."lead" -> 'attributes') AS a
     )
     SELECT (SELECT count(*)::int FROM last) AS "leads", array(SELECT "key" FROM filled) AS "fields"`,
    [workspaceId, SAMPLE.last],
  );
  const [sample] = rows;
  if (!sample || sample.leads < SAMPLE.least) return null;
  return new Set([...sample.fields, ...Object.keys(TIME_FIELDS)]);
}

export const toPlan = (row: Pick<PlanVersion, 'version' | 'steps' | 'lastResort'>): Plan =>
  withDefaults({ version: row.version, steps: row.steps as unknown as Step[], lastResort: row.lastResort });

/** @param condition SQL of this project's own, never from an input */
export async function findPlan(
  change: Pick<Change, 'client' | 'workspaceId'>,
  condition: string,
  parameters: readonly unknown[] = [],
): Promise<PlanVersion | null> {
  const { rows } = await change.client.query(`SELECT * FROM "PlanVersion" WHERE "workspaceId" = $1 AND ${condition}`, [
    change.workspaceId,
    ...parameters,
  ]);
  return rows[0] ?? null;
}

/** What is wrong with a plan, held against a version of the configuration. */
interface Checked {
  readonly planId: string;
  readonly configVersion: number;
  readonly errors: readonly Finding[];
}

/**
 * Looks a plan over before the lane is taken: with 10,000 steps, territories and accounts that takes a second and a half, for
 * which no lead would be decided.
 * @returns null where there is no such plan
 */
async function checkAhead(
  { database, workspaceId }: ConfigurationContext,
  condition: string,
  version: number,
): Promise<Checked | null> {
  const client = await database.pool.connect();
  try {
    // Read first: what changes meanwhile has a higher version, and is looked over again under the lane.
    const { configVersion } = await readLane(client, workspaceId);
    const plan = await findPlan({ client, workspaceId }, condition, [version]);
    return plan && { planId: plan.id, configVersion, errors: await errorsOf({ client, workspaceId }, toPlan(plan)) };
  } finally {
    client.release();
  }
}

const errorsOf = async (
  { client, workspaceId }: Pick<Change, 'client' | 'workspaceId'>,
  plan: Pick<Plan, 'steps' | 'lastResort'>,
): Promise<readonly Finding[]> => checkPlan(plan, await loadConfiguration(client, workspaceId, null, -1)).errors;

async function refuseInvalidPlan(
  change: Change,
  plan: Pick<Plan, 'steps' | 'lastResort'>,
  checked: Checked | null,
): Promise<void> {
  const errors = checked?.configVersion === change.configVersion ? checked.errors : await errorsOf(change, plan);
  if (errors.length > 0) throw new InvalidInput(errors, 'PLAN_INVALID');
}

const archivePublished = (change: Change): Promise<unknown> =>
  change.execute(
    'plan',
    `UPDATE "PlanVersion" SET "status" = 'ARCHIVED' WHERE "workspaceId" = $1 AND "status" = 'PUBLISHED'`,
  );

/** What each version has of its own; both only ever go up, whatever is saved, published or restored. */
type PlanNumbers = Pick<PlanVersion, 'version' | 'revision'>;

async function nextNumbers({ client, workspaceId }: Change): Promise<PlanNumbers> {
  const { rows } = await client.query<PlanNumbers>(
    `SELECT coalesce(max("version"), 0) + 1 AS "version", coalesce(max("revision"), 0) + 1 AS "revision"
     FROM "PlanVersion" WHERE "workspaceId" = $1`,
    [workspaceId],
  );
  return rows[0] as PlanNumbers;
}

async function insertPlan(
  change: Change,
  { steps, lastResort, note, reviewOn }: PlanContent,
  status: 'DRAFT' | 'PUBLISHED',
  { version, revision }: PlanNumbers,
): Promise<PlanVersion> {
  // Decisions go by the published version: a draft raises no version of the configuration.
  const { rows } = await change.client.query(
    `INSERT INTO "PlanVersion" ("workspaceId", "id", "version", "revision", "status", "steps", "lastResort", "note",
                                "reviewOn", "reviewsDue", "savedBy", "publishedBy", "createdAt", "publishedAt")
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '{}', $10, $11, $12, $13) RETURNING *`,
    [
      change.workspaceId,
      v7(),
      version,
      revision,
      status,
      JSON.stringify(steps),
      lastResort,
      note,
      reviewOn,
      change.by,
      status === 'PUBLISHED' ? change.by : null,
      change.now,
      status === 'PUBLISHED' ? change.now : null,
    ],
  );
  return rows[0] as PlanVersion;
}

function tellPublished(change: Change, version: number): void {
  // What a version says is kept with it.
  change.note({ version });
  change.emit({ kind: 'plan.published', repId: null, leadId: null, assignmentId: null, data: { version } });
}
