import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { z } from 'zod';
import { applyCompany, exportCompany } from '../../src/configuration/company.ts';
import { companySchema } from '../../src/configuration/file.ts';
import { planFields } from '../../src/configuration/plans.ts';
import { STEP_DEFAULTS } from '../../src/domain/plan.ts';
import { type Contexts, openContexts } from '../support/contexts.ts';
import { EVERYTHING } from '../support/everything.ts';
import { randomCompany } from '../support/randomCompany.ts';

let contexts: Contexts;
beforeAll(async () => {
  contexts = await openContexts();
});
afterAll(() => contexts.close());

type Thing = Readonly<Record<string, unknown>>;
type Exported = Readonly<Record<string, Thing & readonly Thing[]>>;

/** The fields of the entries of a list. */
const fieldsOf = (list: z.ZodType): string[] => {
  const { innerType } = list.def as unknown as { innerType: z.ZodArray<z.ZodObject> };
  return Object.keys(innerType.element.shape);
};
const namesIn = (things: readonly Thing[]): string[] => [...new Set(things.flatMap((thing) => Object.keys(thing)))];

/** Where a file of the format can have a value: `plan.steps[].target.kind=POOLS` for one that says what the others are. */
function placesIn(schema: z.ZodType, at = ''): string[] {
  const def = schema.def as unknown as {
    readonly type: string;
    readonly shape: Readonly<Record<string, z.ZodType>>;
    readonly options: readonly z.ZodType[];
    readonly values: readonly string[];
  } & Readonly<Record<'element' | 'innerType' | 'in' | 'out', z.ZodType>>;
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape).flatMap(([name, field]) => placesIn(field, at === '' ? name : `${at}.${name}`));
    case 'array':
      return placesIn(def.element, `${at}[]`);
    case 'union':
      return def.options.flatMap((option) => placesIn(option, at));
    case 'optional':
    case 'nullable':
    case 'default':
    case 'nonoptional':
      return placesIn(def.innerType, at);
    case 'pipe':
      return [...placesIn(def.in, at), ...placesIn(def.out, at)].filter((place) => place !== `${at}*`);
    case 'transform':
      return [`${at}*`];
    case 'literal':
      return def.values.map((value) => `${at}=${value}`);
    default:
      return [at];
  }
}

/** Where a file has values, in the same words. */
function placesOf(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((entry) => placesOf(entry, `${at}[]`));
  if (value === null || typeof value !== 'object') return [at, `${at}=${value}`];
  const names = Object.entries(value);
  return [at, ...names.flatMap(([name, part]) => placesOf(part, at === '' ? name : `${at}.${name}`))];
}

test('the file of these tests has a value at every place of the format, however deep', () => {
  const places = new Set(placesOf(parse(EVERYTHING)));
  const wanted = [...new Set(placesIn(companySchema))];
  expect(wanted.length).toBeGreaterThan(120);
  // Why a plan was published belongs to that version alone.
  expect(wanted.filter((place) => !places.has(place))).toEqual(['plan.note']);
});

const LISTS = ['reps', 'pools', 'metros', 'territories', 'accounts', 'segments', 'queues', 'slaPolicies'] as const;

describe('a company that uses everything', () => {
  test('is exported with every field there is', async () => {
    const context = await contexts.open();
    await applyCompany(context, EVERYTHING);
    const { workspace, plan, ...lists } = parse(await exportCompany(context)) as Exported;
    const { shape } = companySchema;
    for (const name of LISTS) {
      expect([name, namesIn(lists[name] ?? []).sort()]).toEqual([name, fieldsOf(shape[name]).sort()]);
    }
    const settings = (shape.workspace.def as unknown as { innerType: z.ZodObject }).innerType;
    expect(Object.keys(workspace ?? {}).sort()).toEqual(Object.keys(settings.shape).sort());
    const members = (lists.pools ?? []).flatMap((pool) => pool.members as readonly Thing[]);
    expect(namesIn(members).sort()).toEqual(['capacity', 'rep', 'segmentWeights', 'tier', 'weight']);
    // Why a plan was published belongs to that version alone.
    expect(Object.keys(plan ?? {}).sort()).toEqual(
      Object.keys(planFields)
        .filter((name) => name !== 'note')
        .sort(),
    );
    const steps = plan?.steps as readonly Thing[];
    expect(namesIn(steps).sort()).toEqual(['key', 'kind', 'name', 'target', ...Object.keys(STEP_DEFAULTS)].sort());
  });

  test('changes nothing when it is applied again, as it was written or as it was exported', async () => {
    const context = await contexts.open();
    expect(await applyCompany(context, EVERYTHING)).toMatchObject({ published: 1, notInFile: [] });
    const exported = await exportCompany(context);
    for (const text of [EVERYTHING, exported]) {
      expect(await applyCompany(context, text)).toEqual({ changes: [], notInFile: [], published: null });
    }
    expect(await exportCompany(context)).toBe(exported);
  });

  test('is the same, byte for byte, in an empty workspace that it was brought to', async () => {
    const [from, to] = [await contexts.open(), await contexts.open()];
    await applyCompany(from, EVERYTHING);
    const exported = await exportCompany(from);
    await applyCompany(to, exported);
    expect(await exportCompany(to)).toBe(exported);
    // No caps of one's own are something else than those of the workspace.
    expect(exported).toContain('rateCaps: []');
  });

  test('tells of one changed value of each kind what it was and what it is', async () => {
    const context = await contexts.open();
    await applyCompany(context, EVERYTHING);
    const edits: readonly (readonly [string, string])[] = [
      ['defaultCapacity: 40', 'defaultCapacity: 41'],
      ['employeesMax: 499', 'employeesMax: 500'],
      ['maxAhead: 4', 'maxAhead: 5'],
      ['radiusKm: 30', 'radiusKm: 31'],
      ['position: 2', 'position: 3'],
      ['aliases: [Hof]', 'aliases: [Hof, HN]'],
      ['value: 500 }', 'value: 501 }'],
      ['claimLimit: 5', 'claimLimit: 6'],
      ['pauseSeconds: 3600', 'pauseSeconds: 3601'],
      ['ownerAway: WHEN_NOBODY', 'ownerAway: KEEP'],
    ];
    const edited = edits.reduce((text, [before, after]) => {
      expect(text.split(before)).toHaveLength(2);
      return text.replace(before, after);
    }, EVERYTHING);
    const { changes, published } = await applyCompany(context, edited, { dryRun: true });
    expect(changes.map(({ kind, key, action, fields }) => [kind, key, action, fields.map(({ name }) => name)])).toEqual(
      [
        ['workspace', 'workspace', 'update', ['defaultCapacity']],
        ['rep', 'ada', 'update', ['employeesMax']],
        ['pool', 'main', 'update', ['maxAhead']],
        ['metro', 'oslo', 'update', ['radiusKm']],
        ['territory', 'oslo-it', 'update', ['position']],
        ['account', '0012', 'update', ['aliases']],
        ['segment', 'big', 'update', ['condition']],
        ['queue', 'room', 'update', ['claimLimit']],
        ['slaPolicy', 'hot', 'update', ['rungs']],
        ['plan', 'plan', 'update', ['steps']],
      ],
    );
    expect(changes[1]?.fields).toEqual([{ name: 'employeesMax', before: 499, after: 500 }]);
    expect(published).toBe(2);
    expect(await applyCompany(context, EVERYTHING)).toMatchObject({ changes: [] });
  });
});

describe('any company', () => {
  test('is the same when it is exported, applied where it is and brought to an empty workspace', async () => {
    await fc.assert(
      fc.asyncProperty(randomCompany, async ({ text }) => {
        const [from, to] = [await contexts.open(), await contexts.open()];
        await applyCompany(from, text);
        const exported = await exportCompany(from);
        for (const again of [text, exported]) {
          expect(await applyCompany(from, again)).toEqual({ changes: [], notInFile: [], published: null });
        }
        await applyCompany(to, exported);
        expect(await exportCompany(to)).toBe(exported);
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  test('becomes another one: what a dry run says changes, and then nothing more does', async () => {
    await fc.assert(
      fc.asyncProperty(randomCompany, randomCompany, async (before, { text }) => {
        const context = await contexts.open();
        await applyCompany(context, before.text);
        const foreseen = await applyCompany(context, text, { dryRun: true });
        expect(await applyCompany(context, text)).toEqual(foreseen);
        expect(await applyCompany(context, text)).toMatchObject({ changes: [], published: null });
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });
});
