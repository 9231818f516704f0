import { describe, expect, test } from 'vitest';
import type { Attempt, TieBreak } from '../../src/domain/decision.ts';
import { decisionSummary, type Told } from '../../src/domain/decisionSummary.ts';
import type { RoutableLead } from '../../src/domain/lead.ts';
import { namesIn } from '../../src/domain/routingConfiguration.ts';
import { account, compile, market, pool, queue, rep, type Setting, step, territory } from '../support/routing.ts';

const REPS = [
  rep('boss', { name: 'The Boss' }),
  rep('max', { name: 'Max Wolf', managerId: 'boss' }),
  rep('ada', { name: 'Ada Stone', managerId: 'max' }),
  rep('bob', { name: 'Bob Hill', managerId: 'max', backupId: 'ada' }),
  rep('cy', { name: 'Cy Moss' }),
  rep('dora', { name: 'Dora Pine' }),
  rep('eve', { name: 'Eve Gray', status: 'PAUSED', managerId: 'max', backupId: 'ada' }),
  rep('finn', { name: 'Finn Holt', status: 'LEFT', managerId: 'max' }),
];
const SALES = pool('sales', ['ada', 'bob'], { name: 'Sales' });
const SPARE = pool('spare', ['cy'], { name: 'Spare' });
const AWAY = pool('away', ['eve', 'finn'], { name: 'Away' });
const EMPTY = pool('empty', [], { name: 'Empty' });
const SETTING: Setting = { reps: REPS, pools: [SALES, SPARE, AWAY, EMPTY] };

const toPool = (key: string) => ({ target: { kind: 'POOL', pool: key } }) as const;
const toRep = (key: string) => ({ target: { kind: 'REP', rep: key } }) as const;
const owner = { kind: 'ACCOUNT_OWNER', target: { kind: 'ACCOUNT_OWNER' } } as const;
const owned = (ownerId: string | null, kind: 'CUSTOMER' | 'NAMED' = 'CUSTOMER'): Setting => ({
  accounts: [account('acme', { name: 'Acme Ltd', domains: ['acme.example'], ownerId, kind })],
});
const list = (...keys: string[]) =>
  ({ kind: 'POOLS', share: 'PER_HEAD', pools: keys.map((key) => ({ pool: key, weight: 1 })) }) as const;
const withSteps = (...steps: ReturnType<typeof step>[]): Setting => ({ plan: { steps } });

interface Case {
  readonly setting: Setting;
  readonly given?: Partial<RoutableLead>;
  readonly loads?: Readonly<Record<string, number>>;
  readonly exclude?: readonly string[];
}

/** The sentence in both languages for a decision as it is really made. */
function summaries({ setting, given = { companyDomain: 'acme.example' }, loads, exclude = [] }: Case): string[] {
  const { configuration, decide } = market({ ...SETTING, ...setting }, loads);
  const decision = decide(given, { exclude: new Map(exclude.map((repId) => [repId, 'ALREADY_HAD'])) });
  return (['EN', 'DE'] as const).map((language) => decisionSummary(decision, namesIn(configuration), language));
}

describe('the sentence of a decision', () => {
  test.each<[string, Case, string, string]>([
    [
      'by rotation',
      { setting: withSteps(step('default', toPool('sales'))) },
      'Step default → Ada Stone; pool Sales, credits level, first in the pool (credit 0.00 → -0.50).',
      'Schritt default → Ada Stone; Pool Sales, Guthaben gleich, im Pool weiter vorn (Guthaben 0,00 → -0,50).',
    ],
    [
      'by rotation, where one is full',
      { setting: withSteps(step('default', toPool('sales'))), loads: { ada: 50 } },
      'Step default → Bob Hill; pool Sales, nobody else in line; passed over: Ada Stone (open 50 of 50).',
      'Schritt default → Bob Hill; Pool Sales, sonst niemand an der Reihe; übergangen: Ada Stone (50 von 50 offen).',
    ],
    [
      'of many who were passed over',
      {
        setting: {
          pools: [pool('sales', ['ada', 'bob', 'cy', 'dora', 'eve', 'finn'], { name: 'Sales' })],
          ...withSteps(step('default', toPool('sales'))),
        },
        loads: { ada: 50, bob: 50, cy: 50 },
      },
      'Step default → Dora Pine; pool Sales, nobody else in line; passed over: Ada Stone (open 50 of 50), Bob Hill (open 50 of 50), Cy Moss (open 50 of 50) and 2 more.',
      'Schritt default → Dora Pine; Pool Sales, sonst niemand an der Reihe; übergangen: Ada Stone (50 von 50 offen), Bob Hill (50 von 50 offen), Cy Moss (50 von 50 offen) und 2 weitere.',
    ],
    [
      'by weight',
      {
        setting: {
          pools: [
            pool(
              'sales',
              [
                { repId: 'ada', weight: 1 },
                { repId: 'bob', weight: 3 },
              ],
              { name: 'Sales', strategy: 'WEIGHTED' },
            ),
          ],
          ...withSteps(step('default', toPool('sales'))),
        },
      },
      'Step default → Bob Hill; pool Sales, highest credit (credit 0.00 → -0.25).',
      'Schritt default → Bob Hill; Pool Sales, höchstes Guthaben (Guthaben 0,00 → -0,25).',
    ],
    [
      'by load',
      {
        setting: {
          pools: [pool('sales', ['ada', 'bob'], { name: 'Sales', strategy: 'LEAST_LOADED' })],
          ...withSteps(step('default', toPool('sales'))),
        },
        loads: { ada: 3 },
      },
      'Step default → Bob Hill; pool Sales, lowest load (credit 0.00 → -0.50).',
      'Schritt default → Bob Hill; Pool Sales, geringste Auslastung (Guthaben 0,00 → -0,50).',
    ],
    [
      'by the weights of a segment',
      {
        setting: {
          segments: [
            { id: 'hot', key: 'hot', name: 'Hot', condition: { field: 'icp', operator: 'EQUALS', value: false } },
          ],
          pools: [pool('sales', ['ada'], { name: 'Sales', weightSegments: ['hot'] })],
          ...withSteps(step('default', toPool('sales'))),
        },
      },
      'Step default → Ada Stone; pool Sales (weights of hot), nobody else in line.',
      'Schritt default → Ada Stone; Pool Sales (Gewichte für hot), sonst niemand an der Reihe.',
    ],
    [
      'of the pool of a list whose turn it is',
      { setting: withSteps(step('lists', { target: list('spare', 'sales') })) },
      'Step lists → Ada Stone; pool Sales (its turn among 2 pools), credits level, first in the pool (credit 0.00 → -0.50).',
      'Schritt lists → Ada Stone; Pool Sales (unter 2 Pools an der Reihe), Guthaben gleich, im Pool weiter vorn (Guthaben 0,00 → -0,50).',
    ],
    [
      'of the only pool of a list that can',
      { setting: withSteps(step('lists', { target: list('away', 'spare') })) },
      'Step lists → Cy Moss; pool Spare (the only pool in line), nobody else in line; passed over: Eve Gray (paused), Finn Holt (has left).',
      'Schritt lists → Cy Moss; Pool Spare (als einziger Pool an der Reihe), sonst niemand an der Reihe; übergangen: Eve Gray (pausiert), Finn Holt (ausgeschieden).',
    ],
    [
      'that names the rep itself',
      { setting: withSteps(step('vip', toRep('dora'))) },
      'Step vip → Dora Pine.',
      'Schritt vip → Dora Pine.',
    ],
    [
      'for the one who entered it',
      {
        setting: withSteps(step('vip', { ...toPool('sales'), keepWithSubmitter: true })),
        given: { enteredById: 'dora' },
      },
      'Step vip → Dora Pine; has entered the lead.',
      'Schritt vip → Dora Pine; hat den Lead selbst eingegeben.',
    ],
    [
      'of an account’s owner',
      { setting: { ...owned('cy'), ...withSteps(step('owner', owner)) } },
      'Owner of the account Acme Ltd → Cy Moss.',
      'Betreuer des Kunden Acme Ltd → Cy Moss.',
    ],
    [
      'of an account’s owner, who is full',
      { setting: { ...owned('cy'), ...withSteps(step('owner', owner)) }, loads: { cy: 50 } },
      'Owner of the account Acme Ltd → Cy Moss; taken beyond capacity.',
      'Betreuer des Kunden Acme Ltd → Cy Moss; über das Limit hinaus.',
    ],
    [
      'of a named account’s owner',
      { setting: { ...owned('cy', 'NAMED'), ...withSteps(step('named', { ...owner, kind: 'NAMED_ACCOUNT' })) } },
      'Owner of the named account Acme Ltd → Cy Moss.',
      'Betreuer des Zielkunden Acme Ltd → Cy Moss.',
    ],
    [
      'of an owner’s delegate',
      { setting: { ...owned('eve'), ...withSteps(step('owner', owner)) } },
      'Owner of the account Acme Ltd → Ada Stone; delegate of the owner, who is away; passed over: Eve Gray (paused).',
      'Betreuer des Kunden Acme Ltd → Ada Stone; Vertretung des abwesenden Betreuers; übergangen: Eve Gray (pausiert).',
    ],
    [
      'of the manager of an owner who has left',
      { setting: { ...owned('finn'), ...withSteps(step('owner', owner)) } },
      'Owner of the account Acme Ltd → Max Wolf; manager of the owner, who has left; passed over: Finn Holt (has left).',
      'Betreuer des Kunden Acme Ltd → Max Wolf; Führungskraft des ausgeschiedenen Betreuers; übergangen: Finn Holt (ausgeschieden).',
    ],
    [
      'of a territory’s rep',
      {
        setting: {
          territories: [territory('west', { name: 'West', repId: 'dora' })],
          ...withSteps(step('t', { kind: 'TERRITORY', target: { kind: 'TERRITORY' } })),
        },
      },
      'Territory West → Dora Pine.',
      'Gebiet West → Dora Pine.',
    ],
    [
      'of a territory’s pool',
      {
        setting: {
          territories: [territory('west', { name: 'West', poolId: 'spare' })],
          ...withSteps(step('t', { kind: 'TERRITORY', target: { kind: 'TERRITORY' } })),
        },
      },
      'Territory West → Cy Moss; pool Spare, nobody else in line.',
      'Gebiet West → Cy Moss; Pool Spare, sonst niemand an der Reihe.',
    ],
    [
      'of a backup pool',
      {
        setting: withSteps(step('a', { ...toPool('sales'), whenNobody: { kind: 'BACKUP_POOL', pool: 'spare' } })),
        loads: { ada: 50, bob: 50 },
      },
      'Step a → Cy Moss; as backup, pool Spare, nobody else in line; passed over: Ada Stone (open 50 of 50), Bob Hill (open 50 of 50).',
      'Schritt a → Cy Moss; als Ersatz, Pool Spare, sonst niemand an der Reihe; übergangen: Ada Stone (50 von 50 offen), Bob Hill (50 von 50 offen).',
    ],
    [
      'of somebody who is away, and is not passed over',
      { setting: withSteps(step('a', { ...toPool('away'), whenNobody: { kind: 'ASSIGN_ANYWAY' } })) },
      'Step a → Eve Gray; although away, pool Away, nobody else in line; passed over: Finn Holt (has left).',
      'Schritt a → Eve Gray; trotz Abwesenheit, Pool Away, sonst niemand an der Reihe; übergangen: Finn Holt (ausgeschieden).',
    ],
    [
      'of a lead that waits',
      {
        setting: {
          queues: [queue('inbound', { poolId: 'sales' })],
          ...withSteps(step('a', { ...toPool('sales'), whenNobody: { kind: 'QUEUE', queue: 'inbound' } })),
        },
        loads: { ada: 50, bob: 50 },
      },
      'Step a → The Boss; answers for it while it waits in the queue; passed over: Ada Stone (open 50 of 50), Bob Hill (open 50 of 50).',
      'Schritt a → The Boss; verantwortlich, solange der Lead in der Warteschlange wartet; übergangen: Ada Stone (50 von 50 offen), Bob Hill (50 von 50 offen).',
    ],
    [
      'of a manager',
      { setting: withSteps(step('a', { ...toRep('ada'), whenNobody: { kind: 'MANAGER' } })), loads: { ada: 50 } },
      'Step a → Max Wolf; manager, since nobody else could take it; passed over: Ada Stone (open 50 of 50).',
      'Schritt a → Max Wolf; Führungskraft, weil ihn sonst niemand übernehmen konnte; übergangen: Ada Stone (50 von 50 offen).',
    ],
    [
      'after steps in which there was nobody',
      {
        setting: {
          ...owned('nobody'),
          ...withSteps(
            step('owner', owner),
            step('empty', toPool('empty')),
            step('away', toPool('away')),
            step('rest', toRep('dora')),
          ),
        },
      },
      'Step rest → Dora Pine; nobody could take it in owner (the account has no owner here), empty (the pool is empty), away.',
      'Schritt rest → Dora Pine; vorher konnte ihn niemand übernehmen: owner (der Kunde hat hier keinen Betreuer), empty (der Pool ist leer), away.',
    ],
    [
      'after steps that led nowhere',
      {
        setting: {
          ...owned('finn'),
          reps: REPS.map((each) => ({ ...each, managerId: null })),
          ...withSteps(
            step('broken', { condition: { operator: 'MATCHES_SEGMENT', value: 'gone' } }),
            step('gone', toRep('zoe')),
            step('owner', owner),
            step('away', toPool('away')),
            step('rest', toRep('dora')),
          ),
        },
      },
      'Step rest → Dora Pine; nobody could take it in broken (the step failed), gone (the target does not exist), owner (the owner has left) and 1 more.',
      'Schritt rest → Dora Pine; vorher konnte ihn niemand übernehmen: broken (der Schritt ist fehlgeschlagen), gone (das Ziel gibt es nicht), owner (der Betreuer ist ausgeschieden) und 1 weitere.',
    ],
    [
      'of the last resort, after a step',
      { setting: { plan: { steps: [step('away', toPool('away'))], lastResort: ['finn', 'boss'] } } },
      'Last resort → The Boss; takes what no step could place; passed over: Finn Holt (has left); nobody could take it in away.',
      'Letzte Instanz → The Boss; übernimmt, was kein Schritt vergeben konnte; übergangen: Finn Holt (ausgeschieden); vorher konnte ihn niemand übernehmen: away.',
    ],
    [
      'of the last resort, when no step matched',
      { setting: { plan: { steps: [], lastResort: ['boss'] } }, loads: { boss: 50 } },
      'Last resort → The Boss; no step matched; taken beyond capacity.',
      'Letzte Instanz → The Boss; kein Schritt traf zu; über das Limit hinaus.',
    ],
  ])('%s', (_what, given, english, german) => {
    expect(summaries(given)).toEqual([english, german]);
  });

  const bare: Told = {
    repId: 'ada',
    method: 'MANUAL',
    stepKey: null,
    territoryId: null,
    account: null,
    beyondCapacity: false,
    steps: [],
  };
  test.each<[Partial<Told>, string, string]>([
    [{}, 'By hand → Ada Stone.', 'Von Hand → Ada Stone.'],
    [
      { beyondCapacity: true },
      'By hand → Ada Stone; taken beyond capacity.',
      'Von Hand → Ada Stone; über das Limit hinaus.',
    ],
    [{ method: 'DUPLICATE' }, 'The same person again → Ada Stone.', 'Dieselbe Person noch einmal → Ada Stone.'],
    [{ method: 'CLAIM' }, 'Claimed from the queue → Ada Stone.', 'Aus der Warteschlange genommen → Ada Stone.'],
    [
      { method: 'ESCALATION' },
      'Escalated, since the owner had not acted → Ada Stone.',
      'Eskaliert, weil der Besitzer nicht reagiert hatte → Ada Stone.',
    ],
    [{ method: 'REASSIGNMENT' }, 'Redistributed → Ada Stone.', 'Neu verteilt → Ada Stone.'],
    [
      { method: 'OFFBOARDING' },
      'The owner has left → Ada Stone.',
      'Der bisherige Besitzer ist ausgeschieden → Ada Stone.',
    ],
    [{ repId: 'gone' }, 'By hand → a former rep.', 'Von Hand → jemand, der nicht mehr da ist.'],
    // Things that are no more are called by the step's key.
    [{ method: 'TERRITORY', stepKey: 't', territoryId: 'gone' }, 'Step t → Ada Stone.', 'Schritt t → Ada Stone.'],
    [
      { method: 'ACCOUNT_OWNER', stepKey: 'o', account: { id: 'gone', by: 'KEY' } },
      'Step o → Ada Stone.',
      'Schritt o → Ada Stone.',
    ],
  ])('without a step: %j', (told, english, german) => {
    const names = namesIn(compile(SETTING));
    expect((['EN', 'DE'] as const).map((language) => decisionSummary({ ...bare, ...told }, names, language))).toEqual([
      english,
      german,
    ]);
  });

  /** A real decision of which one thing is made to be otherwise. */
  const changed = (change: (attempt: Attempt) => Attempt): string[] => {
    const { configuration, decide } = market({ ...SETTING, ...withSteps(step('default', toPool('sales'))) });
    const decision = decide();
    const steps = decision.steps.map((each) => ({ ...each, attempts: each.attempts.map(change) }));
    return (['EN', 'DE'] as const).map((each) => decisionSummary({ ...decision, steps }, namesIn(configuration), each));
  };

  test.each<[TieBreak, string, string]>([
    ['ONLY_ONE', 'nobody else in line', 'sonst niemand an der Reihe'],
    ['DEADLINE', 'most urgent by weight and credit', 'nach Gewicht und Guthaben am dringendsten'],
    ['CREDIT', 'highest credit', 'höchstes Guthaben'],
    ['LOAD', 'lowest load', 'geringste Auslastung'],
    ['WEIGHT', 'credits level, the heavier weight', 'Guthaben gleich, höheres Gewicht'],
    ['WAITED', 'credits level, has waited longest', 'Guthaben gleich, wartet am längsten'],
    ['POSITION', 'credits level, first in the pool', 'Guthaben gleich, im Pool weiter vorn'],
    [
      'GAVE_WAY',
      'next in line, since who catches up has just had one',
      'als Nächstes an der Reihe, weil der Aufholende gerade einen hatte',
    ],
  ])('says what told the first from the next: %s', (tieBreak, english, german) => {
    expect(changed((attempt) => ({ ...attempt, tieBreak }))).toEqual([
      `Step default → Ada Stone; pool Sales, ${english} (credit 0.00 → -0.50).`,
      `Schritt default → Ada Stone; Pool Sales, ${german} (Guthaben 0,00 → -0,50).`,
    ]);
  });

  test('has no credit of minus nothing', () => {
    const [english] = changed((attempt) => ({
      ...attempt,
      considered: attempt.considered.map((each) => ({
        ...each,
        turn: each.turn && { ...each.turn, creditAfter: -0.001 },
      })),
    }));
    expect(english).toContain('(credit 0.00 → 0.00)');
  });
});
