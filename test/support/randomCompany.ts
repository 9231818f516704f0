import fc from 'fast-check';
import { ABSENCES, DEFAULT_SKIPS } from '../../src/domain/availability.ts';
import { CATCH_UPS } from '../../src/domain/configuration.ts';
import { SLA_CLOCKS } from '../../src/domain/sla.ts';

/*
 * Small companies that use everything decisions go by, so that leads collide: few reps, tight limits, the same people and
 * companies again.
 */

export const REPS = ['ada', 'bob', 'cy', 'dee', 'eve'] as const;
const LEAVER = 'eve';
export const POOLS = ['north', 'south', 'west'] as const;
export const QUEUES = ['hall', 'room'] as const;
const SEGMENTS = ['hot', 'large'] as const;

const rep = fc.constantFrom(...REPS);
const pool = fc.constantFrom(...POOLS);
const queue = fc.constantFrom(...QUEUES);
const segments = fc.subarray([...SEGMENTS]);
const seldom = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

const rateCaps = fc.array(
  fc.record({
    leads: fc.integer({ min: 1, max: 3 }),
    per: fc.constantFrom('HOUR', 'DAY'),
    timeZone: fc.constantFrom(null, 'Europe/Berlin'),
  }),
  { maxLength: 2 },
);
const perSegment = (name: string, most: number): fc.Arbitrary<object[]> =>
  segments.chain((keys) =>
    fc.tuple(...keys.map((segment) => fc.integer({ min: 1, max: most }).map((value) => ({ segment, [name]: value })))),
  );

const region = fc.constantFrom('DE-BY', 'US-NY', 'NZ');

const settings = fc.record({
  defaultCapacity: fc.integer({ min: 0, max: 8 }),
  timeZone: fc.constantFrom('UTC', 'Pacific/Auckland'),
  leadCosts: perSegment('cost', 2),
  classLimits: perSegment('limit', 2),
  rateCaps: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: rateCaps }),
  samePerson: fc.record({
    action: fc.constantFrom('ROUTE_TO_OWNER', 'REJECT', 'CREATE'),
    windowDays: fc.integer({ min: 1, max: 3 }),
    scope: fc.constantFrom('WORKSPACE', 'SOURCE'),
    ignoreTags: fc.boolean(),
    ignoreDots: fc.constantFrom('NEVER', 'GMAIL', 'ALWAYS'),
  }),
  leadAttributes: fc.constant([{ name: 'seats', type: 'NUMBER' }]),
  notSeenAfterMinutes: seldom(fc.constantFrom(60, 600)).map((minutes) => minutes ?? null),
  holidayRegion: seldom(region).map((of) => of ?? null),
  defaultSla: fc.boolean(),
  retention: fc.constant([]),
});

const WEEKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'];

/** When somebody works: always, in the daytime, at night, never. */
const hours = fc.record(
  {
    timeZone: fc.constantFrom('Europe/Berlin', 'America/New_York', 'Pacific/Auckland'),
    workingHours: fc.constantFrom(
      null,
      [{ days: WEEKDAYS, from: '08:00', to: '17:00' }],
      [
        { days: WEEKDAYS, from: '07:30', to: '12:00' },
        { days: ['MONDAY', 'SUNDAY'], from: '20:00', to: '03:00' },
      ],
      [],
    ),
    dateHours: fc.subarray([
      { date: '2026-03-02', stretches: [] },
      { date: '2026-03-03', stretches: [{ from: '10:00', to: '15:00' }] },
      { date: '2026-12-25', stretches: [{ from: '00:00', to: '24:00' }] },
    ]),
    holidayRegion: seldom(region).map((of) => of ?? null),
  },
  { noNullPrototype: true },
);

const staff = fc.tuple(
  ...REPS.map((key, index) =>
    fc.record(
      {
        key: fc.constant(key),
        name: fc.constant(key),
        email: fc.constant(`${key}@fairlead.example`),
        manager: seldom(fc.constant('boss')),
        // Never round in a circle.
        backup: seldom(fc.constant(REPS[index + 1] ?? 'boss')),
        capacity: seldom(fc.integer({ min: 0, max: 4 })),
        // No step may name somebody who has left.
        status: fc.constantFrom('ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'PAUSED', key === LEAVER ? 'LEFT' : 'ACTIVE'),
        rateCaps: seldom(rateCaps),
        classLimits: seldom(perSegment('limit', 2)),
        specialties: fc.subarray(['cloud', 'data']),
        employeesMax: fc.option(fc.constantFrom(50, 500)),
      },
      { noNullPrototype: true },
    ),
  ),
);
const reps = fc
  .tuple(staff, fc.tuple(...REPS.map(() => seldom(hours))))
  .map(([people, times]) => people.map((person, index) => ({ ...person, ...times[index] })));

const member = fc.record({
  weight: fc.constantFrom(0, 1, 1, 2, 3),
  tier: fc.integer({ min: 0, max: 1 }),
  capacity: seldom(fc.integer({ min: 0, max: 3 })),
  segmentWeights: fc.constantFrom({}, {}, { hot: 0 }, { hot: 5, large: 1 }),
});
const members = fc
  .subarray([...REPS], { minLength: 1 })
  .chain((keys) => fc.tuple(...keys.map((key) => member.map((fields) => ({ rep: key, ...fields })))));

const pools = fc.tuple(
  ...POOLS.map((key) =>
    fc.record({
      key: fc.constant(key),
      name: fc.constant(key),
      strategy: fc.constantFrom('ROUND_ROBIN', 'WEIGHTED', 'VALUE_BALANCED', 'LEAST_LOADED'),
      defaultValue: fc.integer({ min: 1, max: 50 }),
      segmentValues: perSegment('value', 100),
      countManual: fc.boolean(),
      returnDisqualified: fc.boolean(),
      maxAhead: fc.option(fc.integer({ min: 1, max: 2 })),
      fairnessWindow: fc.constantFrom('NEVER', 'NEVER', 'DAY'),
      memberCapacity: seldom(fc.integer({ min: 1, max: 4 })),
      limitsCapacity: fc.boolean(),
      weightSegments: segments,
      skips: fc.oneof(fc.constant([...DEFAULT_SKIPS]), fc.subarray([...ABSENCES])),
      catchUp: fc.constantFrom(...CATCH_UPS),
      catchUpLeads: fc.integer({ min: 1, max: 3 }),
      horizonHours: fc.option(fc.constantFrom(1, 16, 100)),
      members,
    }),
  ),
);

const territories = fc.tuple(
  ...[
    { key: 'germany', countries: ['DE'] },
    { key: 'berlin', parent: 'germany', postalPrefixes: ['10', '12'] },
    { key: 'france', countries: ['FR'], employeesMin: 100 },
  ].map((criteria) =>
    fc
      .oneof(
        rep.map((key) => ({ rep: key })),
        pool.map((key) => ({ pool: key })),
      )
      .map((target) => ({ name: criteria.key, ...criteria, ...target })),
  ),
);

const accounts = fc.tuple(
  ...[
    { key: 'acme', kind: 'CUSTOMER', domains: ['acme.example'] },
    { key: 'acme-uk', kind: 'CUSTOMER', parent: 'acme', domains: ['acme-uk.example'] },
    { key: 'globex', kind: 'NAMED', domains: ['globex.example'] },
  ].map((account) => seldom(rep).map((owner) => ({ name: account.key, ...account, owner: owner ?? null }))),
);

/** None of them matches all that another one does. */
const CONDITIONS: readonly object[] = [
  { field: 'country', operator: 'EQUALS', value: 'DE' },
  { field: 'score', operator: 'AT_LEAST', value: 50 },
  { operator: 'MATCHES_SEGMENT', value: 'large' },
  { not: { operator: 'MATCHES_SEGMENT', value: 'hot' } },
  { field: 'attributes.seats', operator: 'GREATER_THAN', value: 5 },
  { field: 'hour', operator: 'BETWEEN', value: [8, 12], timeZone: 'Europe/Berlin' },
];

const here = rep.filter((key) => key !== LEAVER);
const seconds = fc.constantFrom(300, 3_600, 7_200, 90_000);

/** When it comes, and what it does. */
const overflow = fc
  .tuple(
    fc.constantFrom({ length: 1 }, { length: 2 }, { waitSeconds: 60 }, { length: 2, waitSeconds: 3_600 }),
    fc.oneof(fc.constant({ raisePriority: 5 }), fc.record({ raisePriority: fc.constantFrom(0, 10), widenTo: pool })),
  )
  .map(([when, what]) => ({ ...when, ...what }));

const queues = fc.tuple(
  ...QUEUES.map((key) =>
    fc.record({
      key: fc.constant(key),
      name: fc.constant(key),
      pool,
      responsible: fc.oneof(fc.constant('boss'), here),
      deadlineSeconds: seconds,
      claimLimit: fc.option(fc.integer({ min: 1, max: 2 })),
      overflow: fc.option(overflow),
    }),
  ),
);

const rung = fc.oneof(
  fc.constantFrom({ action: 'REMIND' }, { action: 'REMIND', channel: 'slack' }),
  fc.constantFrom('CONTACTED', 'QUALIFIED', 'LOST', 'DISQUALIFIED').map((status) => ({ action: 'SET_STATUS', status })),
  fc.option(fc.constantFrom(600, 86_400)).map((pauseSeconds) => ({ action: 'PAUSE_REP', pauseSeconds })),
  { weight: 3, arbitrary: fc.boolean().map((backupFirst) => ({ action: 'REASSIGN', backupFirst })) },
);
const slaPolicies = fc
  .tuple(
    ...['first', 'second'].map((key, position) =>
      fc.record({
        key: fc.constant(key),
        name: fc.constant(key),
        position: fc.constant(position),
        condition: fc.constantFrom(null, ...CONDITIONS),
        clock: fc.constantFrom(...SLA_CLOCKS),
        rungs: fc.array(
          fc.tuple(seconds, rung).map(([afterSeconds, action]) => ({ afterSeconds, ...action })),
          { minLength: 1, maxLength: 4 },
        ),
      }),
    ),
  )
  .chain((policies) => fc.subarray(policies));

const whenNobody = fc.oneof(
  fc.constantFrom({ kind: 'NEXT_STEP' }, { kind: 'ASSIGN_ANYWAY' }, { kind: 'MANAGER' }),
  pool.map((key) => ({ kind: 'BACKUP_POOL', pool: key })),
  queue.map((key) => ({ kind: 'QUEUE', queue: key })),
);
const offerSeconds = fc.option(fc.constantFrom(60, 1_800, 20_000));
const ofMatch = fc.shuffledSubarray([
  { kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' } },
  { kind: 'NAMED_ACCOUNT', target: { kind: 'ACCOUNT_OWNER' } },
  { kind: 'TERRITORY', target: { kind: 'TERRITORY' } },
]);
const target = fc.oneof(
  here.map((key) => ({ kind: 'REP', rep: key })),
  queue.map((key) => ({ kind: 'QUEUE', queue: key })),
  pool.map((key) => ({ kind: 'POOL', pool: key })),
  fc.record({
    kind: fc.constant('POOLS'),
    pools: fc
      .subarray([...POOLS], { minLength: 1 })
      .map((keys) => keys.map((key, index) => ({ pool: key, weight: index + 1 }))),
    share: fc.constantFrom('PER_HEAD', 'PER_POOL'),
  }),
);
const comparisons = fc.record({
  match: fc.constantFrom([], [], [{ repField: 'employeesMax', operator: 'AT_LEAST', leadField: 'employees' }]),
  prefer: fc.constantFrom([], [], [{ repField: 'specialties', operator: 'CONTAINS', leadField: 'productInterest' }]),
  order: fc.constantFrom([], [], [{ repField: 'employeesMax', first: 'LOWEST' }]),
});
const owners = fc.record({
  ownerAway: fc.constantFrom('DELEGATE', 'KEEP', 'WHEN_NOBODY'),
  ownerBeyondCapacity: fc.boolean(),
});

/** A plan's steps, as a file or `savePlanDraft` has them; none is shadowed. */
const steps = fc
  .tuple(ofMatch, fc.shuffledSubarray([...CONDITIONS], { maxLength: 3 }), fc.boolean())
  .chain(([first, conditions, isOpen]) => {
    const conditional = [...conditions, ...(isOpen ? [null] : [])];
    return fc.tuple(
      ...first.map((step) =>
        fc
          .record({ whenNobody, offerSeconds, owners })
          .map(({ owners: of, ...fields }) => ({ ...step, ...of, ...fields })),
      ),
      ...conditional.map((condition) =>
        fc
          .record({ target, whenNobody, offerSeconds, comparisons, keepWithSubmitter: fc.boolean() })
          .map(({ comparisons: compare, ...fields }) => ({ kind: 'DEFAULT', condition, ...fields, ...compare })),
      ),
    );
  })
  .map((list) => (list as object[]).map((step, index) => ({ key: `step-${index + 1}`, ...step })));

const LAST_RESORT = ['boss'];

const PERSON = { name: 'The Boss', email: 'boss@fairlead.example' };

/** A Monday morning, before holidays, and before a night in which an hour comes twice: it matters who works when. */
export const moment: fc.Arbitrary<Date> = fc
  .constantFrom('2026-03-02T09:00Z', '2026-04-02T15:00Z', '2026-12-24T12:00Z', '2026-10-24T21:00Z')
  .map((text) => new Date(text));

export interface RandomCompany {
  /** As a file's text, with the plan that is published first. */
  readonly text: string;
  /** Another plan, as `savePlanDraft` takes it. */
  readonly draft: { readonly steps: readonly object[]; readonly lastResort: readonly string[] };
}

export const randomCompany: fc.Arbitrary<RandomCompany> = fc
  .record({ settings, reps, pools, territories, accounts, queues, slaPolicies, published: steps, draft: steps })
  .map(({ settings: workspace, reps: people, published, draft, ...things }) => ({
    // JSON is YAML.
    text: JSON.stringify({
      apiVersion: 'fairlead/v1',
      kind: 'Company',
      workspace,
      reps: [{ key: 'boss', ...PERSON }, ...people],
      segments: [
        { key: 'hot', name: 'Hot', condition: { field: 'score', operator: 'AT_LEAST', value: 70 } },
        { key: 'large', name: 'Large', condition: { field: 'employees', operator: 'AT_LEAST', value: 100 } },
      ],
      ...things,
      plan: { steps: published, lastResort: LAST_RESORT },
    }),
    draft: { steps: draft, lastResort: LAST_RESORT },
  }));

const served = (text: string): string =>
  JSON.stringify(
    JSON.parse(text, (name, value) =>
      name === 'whenNobody' && value.kind === 'QUEUE' ? { kind: 'NEXT_STEP' } : value,
    ),
  );

/** The same company, but that no lead waits until somebody is there: who gets those depends on who comes when. */
export const withoutWaiting = ({ text, draft }: RandomCompany): RandomCompany => ({
  text: served(text),
  draft: JSON.parse(served(JSON.stringify(draft))),
});

/** A lead of one of few people and companies. */
export const randomLead: fc.Arbitrary<object> = fc.record(
  {
    email: fc.constantFrom(
      'x@one.example',
      'x+news@one.example',
      'y@two.example',
      'z@gmail.com',
      'ada@fairlead.example',
    ),
    phone: fc.constantFrom('+4930901820', '+33142685300'),
    companyDomain: fc.constantFrom('acme.example', 'acme-uk.example', 'globex.example', 'else.example'),
    country: fc.constantFrom('DE', 'FR', 'US'),
    postalCode: fc.constantFrom('10115', '80331'),
    employees: fc.constantFrom(5, 50, 400),
    score: fc.constantFrom(10, 55, 90),
    productInterest: fc.constantFrom('cloud', 'data'),
    source: fc.constantFrom('web', 'fair'),
    attributes: fc.constantFrom({ seats: 3 }, { seats: '9' }),
  },
  { requiredKeys: [] },
);

/** Mostly of people who have not been seen before. */
export const randomLeads = (maxLength: number): fc.Arbitrary<object[]> =>
  fc.array(fc.tuple(randomLead, fc.boolean()), { minLength: 1, maxLength }).map((leads) =>
    leads.map(([lead, isNew], index) => {
      const { phone: _, ...rest } = lead as { phone?: string };
      return isNew ? { ...rest, email: `someone-${index}@else.example` } : lead;
    }),
  );
