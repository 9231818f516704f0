import fc from 'fast-check';
import type { Comparison, Condition } from '../../src/domain/condition.ts';
import { QUALIFICATIONS, REQUEST_KINDS, type RoutableLead } from '../../src/domain/lead.ts';
import { WEEKDAYS } from '../../src/domain/localTime.ts';
import { lead } from './routing.ts';

/*
 * Random conditions, and leads and moments that are likely to meet them: both are made of the same few words. Every
 * operator and every kind of field occurs.
 */

const WORDS = ['de', 'DE', 'De-by', 'be', 'engineer', 'Sales Engineer', 'engine', 'sales'];
const ADDRESSES = ['ada@acme.example', 'ADA@mail.acme.example', 'acme.example', 'bob@notacme.example', 'x@example'];
const DOMAINS = ['acme.example', 'ACME.example', 'mail.acme.example', 'example'];
const NUMBERS = [0, 1, 2, 3, 10, 50];
const ZONES = ['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'LEAD'];

const pick = <Value>(values: readonly Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);
const some = <Value>(values: readonly Value[]): fc.Arbitrary<Value[]> =>
  fc.uniqueArray(pick(values), { minLength: 1, maxLength: 3 });

/** Equality, and whether there is anything, over some values. */
const anyOperator = (fields: readonly string[], values: readonly (string | number | boolean)[]) =>
  fc.oneof(
    fc.record<Comparison>({
      field: pick(fields),
      operator: pick(['EQUALS', 'NOT_EQUALS'] as const),
      value: pick(values),
    }),
    fc.record<Comparison>({ field: pick(fields), operator: pick(['IN', 'NOT_IN'] as const), value: some(values) }),
    fc.record<Comparison>({ field: pick(fields), operator: fc.constant('EXISTS' as const), value: fc.boolean() }),
  );

const numberOperator = (fields: readonly string[], values: readonly number[]) =>
  fc.oneof(
    fc.record<Comparison>({
      field: pick(fields),
      operator: pick(['LESS_THAN', 'AT_MOST', 'GREATER_THAN', 'AT_LEAST'] as const),
      value: pick(values),
    }),
    fc.record<Comparison>({
      field: pick(fields),
      operator: fc.constant('BETWEEN' as const),
      value: fc.tuple(pick(values), pick(values)).map((ends) => ends.toSorted((a, b) => a - b)),
    }),
  );

const textOperator = (fields: readonly string[], values: readonly string[]) =>
  fc.record<Comparison>({
    field: pick(fields),
    operator: pick(['CONTAINS', 'STARTS_WITH'] as const),
    value: pick(values),
  });

const domainOperator = fc.record<Comparison>({
  field: pick(['email', 'companyDomain', 'attributes.a']),
  operator: fc.constant('DOMAIN_OF' as const),
  value: pick(DOMAINS),
});

const TEXTS = ['country', 'jobTitle', 'email', 'attributes.a', 'attributes.b'];
const HOURS = [0, 1, 8, 9, 17, 18, 22, 23];

const timed = (comparison: fc.Arbitrary<Comparison>) =>
  fc.record({ comparison, timeZone: pick(ZONES) }).map(({ comparison, timeZone }) => ({ ...comparison, timeZone }));

export const comparisons: fc.Arbitrary<Comparison> = fc.oneof(
  anyOperator(TEXTS, [...WORDS, ...ADDRESSES]),
  { arbitrary: textOperator(TEXTS, [...WORDS, 'e', 'eng', 'acme']), weight: 2 },
  domainOperator,
  anyOperator(['employees', 'score', 'attributes.a', 'attributes.b'], NUMBERS),
  numberOperator(['employees', 'score', 'attributes.a', 'attributes.b'], [...NUMBERS, 1.5, -1]),
  anyOperator(['icp', 'attributes.b'], [true, false]),
  anyOperator(['requestKind'], REQUEST_KINDS.slice(0, 3)),
  anyOperator(['qualification'], QUALIFICATIONS),
  timed(anyOperator(['weekday'], WEEKDAYS)),
  timed(anyOperator(['hour'], HOURS)),
  timed(numberOperator(['hour'], HOURS)),
);

/** @param segments keys that a condition may refer to */
export const conditionsWith = (segments: readonly string[]): fc.Arbitrary<Condition> => {
  const leaf: fc.Arbitrary<Condition> =
    segments.length === 0
      ? comparisons
      : fc.oneof(
          { arbitrary: comparisons, weight: 5 },
          { arbitrary: pick(segments).map((value): Condition => ({ operator: 'MATCHES_SEGMENT', value })), weight: 1 },
        );
  return fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((and): Condition => ({ and })),
      fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((or): Condition => ({ or })),
      tie('condition').map((not): Condition => ({ not })),
    ),
  })).condition;
};

const orNull = <Value>(values: readonly Value[]): fc.Arbitrary<Value | null> => pick([null, ...values]);

export const leads: fc.Arbitrary<RoutableLead> = fc
  .record({
    country: orNull(WORDS),
    jobTitle: orNull(WORDS),
    email: orNull([...ADDRESSES, ...WORDS]),
    companyDomain: orNull(DOMAINS),
    employees: orNull(NUMBERS),
    score: orNull([...NUMBERS, 1.5]),
    icp: fc.boolean(),
    requestKind: pick(REQUEST_KINDS),
    qualification: pick(QUALIFICATIONS),
    timeZone: orNull(['Asia/Tokyo', 'America/St_Johns']),
    attributes: fc.record(
      {
        a: pick([...WORDS, ...ADDRESSES, ...NUMBERS]),
        b: pick([...WORDS, ...NUMBERS, true, false]),
        unused: fc.constant('de'),
      },
      { requiredKeys: [] },
    ),
  })
  .map((fields) => lead(fields));

/** A week in which clocks are put forward in Berlin. */
export const moments: fc.Arbitrary<number> = fc
  .integer({ min: 0, max: 7 * 24 * 4 - 1 })
  .map((quarter) => Date.UTC(2026, 2, 26) + quarter * 900_000);
