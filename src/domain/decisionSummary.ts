import type {
  Attempt,
  AttemptVia,
  Considered,
  Decision,
  Method,
  Reason,
  StepCode,
  StepTrace,
  TieBreak,
} from './decision.ts';

export const LANGUAGES = ['EN', 'DE'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What things are called, by id; null for what is no more. */
export interface Names {
  rep(id: string): string | null;
  pool(id: string): string | null;
  territory(id: string): string | null;
  account(id: string): string | null;
}

/** What a sentence is made of. */
export type Told = Pick<
  Decision,
  'repId' | 'method' | 'stepKey' | 'territoryId' | 'account' | 'beyondCapacity' | 'steps'
>;

/** Passed-over reps and steps beyond this many are counted, not named. */
const MAX_NAMED = 3;

/**
 * One sentence that says who, by which step, and why: `Step default → Ada Stone; pool Sales, highest credit (credit 0.50
 * → -0.50); passed over: Bob Hill (open 50 of 50).`
 */
export function decisionSummary(decision: Told, names: Names, language: Language = 'EN'): string {
  const words = WORDS[language];
  const nameOf = (repId: string): string => names.rep(repId) ?? words.formerRep;
  const last = decision.steps.at(-1);
  const attempt = last?.attempts.at(-1);
  const passed = consideredIn(last?.attempts ?? []).filter(isPassedOver);
  const earlier = decision.steps.slice(0, -1);
  const parts = [
    `${origin(decision, names, words)} → ${nameOf(decision.repId)}`,
    ...(attempt ? why(decision, attempt, names, words) : []),
    ...(decision.beyondCapacity ? [words.beyondCapacity] : []),
    ...(passed.length > 0 ? [passedOver(passed, nameOf, words)] : []),
    ...(earlier.length > 0 ? [nobodyIn(earlier, words)] : []),
  ];
  return `${parts.join('; ')}.`;
}

/** Each rep once, as they stood when they were looked at last. */
const consideredIn = (attempts: readonly Attempt[]): readonly Considered[] => {
  const [only, ...more] = attempts.map(({ considered }) => considered);
  if (!only || more.length === 0) return only ?? [];
  return [...new Map([only, ...more].flat().map((each) => [each.repId, each])).values()];
};

const isPassedOver = ({ reason }: Considered): boolean => reason !== 'CHOSEN' && reason !== 'NOT_THEIR_TURN';

function origin({ method, account, territoryId, stepKey, steps }: Told, names: Names, words: Words): string {
  const ofAccount = account && names.account(account.id);
  if ((method === 'ACCOUNT_OWNER' || method === 'NAMED_ACCOUNT') && ofAccount) return words.owner[method](ofAccount);
  const territory = method === 'TERRITORY' && territoryId ? names.territory(territoryId) : null;
  if (territory) return words.territory(territory);
  if (method === 'FALLBACK' && steps.length === 0) return words.queueDue;
  return words.methods[method] ?? (stepKey === null ? words.noStepNamed : words.step(stepKey));
}

/** Nothing where the step names the rep itself. */
function why(decision: Told, attempt: Attempt, names: Names, words: Words): string[] {
  if (decision.method === 'QUEUE') return [words.waits];
  if (attempt.via === 'LAST_RESORT' && decision.steps.length === 1) return [words.noStep];
  const via = words.via[attempt.via];
  const pool = attempt.poolId && names.pool(attempt.poolId);
  if (!pool) {
    if (attempt.code === 'OWNER_LEFT') return [words.ownerLeft];
    return via === '' ? [] : [via];
  }
  const turn = attempt.considered.find(({ repId }) => repId === decision.repId)?.turn;
  const credit =
    turn && turn.share < 1
      ? ` (${words.credit} ${words.number.format(turn.creditBefore)} → ${words.number.format(turn.creditAfter)})`
      : '';
  const details = [
    ...(attempt.list ? [words.turnOfPool(attempt.list.line.length)] : []),
    ...(attempt.weightSegment === null ? [] : [words.weightsOf(attempt.weightSegment)]),
  ];
  const named = words.pool(pool) + (details.length > 0 ? ` (${details.join(', ')})` : '');
  const tie = words.tie[attempt.tieBreak ?? 'ONLY_ONE'] + credit;
  return [[...(via === '' ? [] : [via]), named, tie].join(', ')];
}

function passedOver(passed: readonly Considered[], nameOf: (repId: string) => string, words: Words): string {
  const named = passed.slice(0, MAX_NAMED).map((each) => `${nameOf(each.repId)} (${words.reasons[each.reason](each)})`);
  return `${words.passedOver}: ${listed(named, passed.length, words)}`;
}

/** The steps that matched before, with what was wrong where there was nobody to look at. */
function nobodyIn(steps: readonly StepTrace[], words: Words): string {
  const named = steps.slice(0, MAX_NAMED).map(({ stepKey, attempts }) => {
    const code = attempts.find((each) => each.code !== null)?.code;
    return code ? `${stepKey} (${words.codes[code]})` : `${stepKey}`;
  });
  return words.nobodyIn(listed(named, steps.length, words));
}

const listed = (named: readonly string[], all: number, words: Words): string =>
  named.join(', ') + (all > named.length ? words.andMore(all - named.length) : '');

/** Why one rep was passed over, in a few words. */
export const reasonText = (considered: Considered, language: Language): string =>
  WORDS[language].reasons[considered.reason](considered);

/** All the words of one language. */
interface Words {
  readonly number: Intl.NumberFormat;
  readonly formerRep: string;
  readonly waits: string;
  readonly queueDue: string;
  readonly noStepNamed: string;
  readonly beyondCapacity: string;
  readonly noStep: string;
  readonly ownerLeft: string;
  readonly credit: string;
  readonly passedOver: string;
  andMore(count: number): string;
  nobodyIn(steps: string): string;
  territory(name: string): string;
  step(key: string): string;
  pool(name: string): string;
  turnOfPool(pools: number): string;
  weightsOf(segment: string): string;
  readonly owner: Readonly<Record<'ACCOUNT_OWNER' | 'NAMED_ACCOUNT', (account: string) => string>>;
  readonly methods: Readonly<Partial<Record<Method, string>>>;
  readonly via: Readonly<Record<AttemptVia, string>>;
  readonly codes: Readonly<Record<StepCode, string>>;
  readonly tie: Readonly<Record<TieBreak, string>>;
  readonly reasons: Readonly<Record<Reason, (considered: Considered) => string>>;
}

const PERIODS_EN: Readonly<Record<string, string>> = {
  HOUR: 'an hour',
  DAY: 'a day',
  WEEK: 'a week',
  MONTH: 'a month',
};
const PERIODS_DE: Readonly<Record<string, string>> = {
  HOUR: 'pro Stunde',
  DAY: 'pro Tag',
  WEEK: 'pro Woche',
  MONTH: 'pro Monat',
};

/** Two digits; what rounds to nothing has no sign. */
const CREDIT = { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: 'negative' } as const;
const NUMBER_EN = new Intl.NumberFormat('en', CREDIT);
const NUMBER_DE = new Intl.NumberFormat('de', CREDIT);

/** ` until 2026-11-26 08:00 UTC`; empty where the end is not known. */
const untilText = (until: number | null, word = 'until'): string =>
  until === null ? '' : ` ${word} ${new Date(until).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const WORDS: Readonly<Record<Language, Words>> = {
  EN: {
    number: NUMBER_EN,
    formerRep: 'a former rep',
    waits: 'answers for it while it waits in the queue',
    queueDue: 'Nobody could take it by the deadline of the queue',
    noStepNamed: 'By a step that is no more',
    beyondCapacity: 'taken beyond capacity',
    noStep: 'no step matched',
    ownerLeft: 'manager of the owner, who has left',
    credit: 'credit',
    passedOver: 'passed over',
    andMore: (count) => ` and ${count} more`,
    nobodyIn: (steps) => `nobody could take it in ${steps}`,
    territory: (name) => `Territory ${name}`,
    step: (key) => `Step ${key}`,
    pool: (name) => `pool ${name}`,
    turnOfPool: (pools) => (pools === 1 ? 'the only pool in line' : `its turn among ${pools} pools`),
    weightsOf: (segment) => `weights of ${segment}`,
    owner: {
      ACCOUNT_OWNER: (account) => `Owner of the account ${account}`,
      NAMED_ACCOUNT: (account) => `Owner of the named account ${account}`,
    },
    methods: {
      FALLBACK: 'Last resort',
      DUPLICATE: 'The same person again',
      CLAIM: 'Claimed from the queue',
      MANUAL: 'By hand',
      ESCALATION: 'Escalated, since the owner had not acted',
      REASSIGNMENT: 'Redistributed',
      OFFBOARDING: 'The owner has left',
    },
    via: {
      TARGET: '',
      SUBMITTER: 'has entered the lead',
      DELEGATE: 'delegate of the owner, who is away',
      HORIZON: 'back first, since nobody is there',
      BACKUP_POOL: 'as backup',
      ASSIGN_ANYWAY: 'although away',
      QUEUE: 'from the queue',
      BACKUP: 'backup of the owner',
      MANAGER: 'manager, since nobody else could take it',
      LAST_RESORT: 'takes what no step could place',
    },
    codes: {
      POOL_EMPTY: 'the pool is empty',
      OWNER_UNKNOWN: 'the account has no owner here',
      OWNER_LEFT: 'the owner has left',
      TARGET_UNKNOWN: 'the target does not exist',
      STEP_ERROR: 'the step failed',
    },
    tie: {
      ONLY_ONE: 'nobody else in line',
      DEADLINE: 'most urgent by weight and credit',
      CREDIT: 'highest credit',
      LOAD: 'lowest load',
      WEIGHT: 'credits level, the heavier weight',
      WAITED: 'credits level, has waited longest',
      POSITION: 'credits level, first in the pool',
      GAVE_WAY: 'next in line, since who catches up has just had one',
    },
    reasons: {
      CHOSEN: () => 'chosen',
      NOT_THEIR_TURN: ({ turn }) => (turn?.rank ? `number ${turn.rank} in line` : 'not their turn'),
      LOWER_TIER: ({ turn }) => `tier ${turn?.tier}, served later`,
      NOT_PREFERRED: () => 'others are preferred for it',
      ORDERED_BEHIND: () => 'behind others in the step’s order',
      TOO_FAR_AHEAD: ({ turn }) => `too far ahead, credit ${NUMBER_EN.format(turn?.creditBefore ?? 0)}`,
      AT_CAPACITY: ({ standing: { load }, limit }) =>
        load < limit ? `open ${load} of ${limit}, and this lead takes more than the rest` : `open ${load} of ${limit}`,
      AT_POOL_CAPACITY: ({ bound }) => `holds ${bound?.count} of ${bound?.limit} from this pool`,
      AT_CLASS_LIMIT: ({ bound }) => `${bound?.of}: ${bound?.count} of ${bound?.limit}`,
      RATE_CAPPED: ({ bound }) => `had ${bound?.count} of ${bound?.limit} ${PERIODS_EN[bound?.of ?? '']}`,
      OUT_OF_OFFICE: ({ until }) => `out of office${untilText(until)}`,
      NOT_SEEN: () => 'not seen for too long',
      PAUSED: ({ until }) => `paused${untilText(until)}`,
      PUBLIC_HOLIDAY: ({ until }) => `public holiday${untilText(until)}`,
      OUTSIDE_HOURS: ({ until }) => `outside working hours${untilText(until)}`,
      BUSY_ALL_DAY: ({ until }) => `busy all day${untilText(until)}`,
      BUSY: ({ until }) => `busy${untilText(until)}`,
      IN_MEETING: ({ until }) => `in a meeting${untilText(until)}`,
      LEFT: () => 'has left',
      WEIGHT_ZERO: () => 'weight 0',
      DOES_NOT_FIT: () => 'does not fit',
      OWNER_EQUALS_LEAD: () => 'the lead carries their own address',
      ALREADY_HAD: () => 'has had it already',
      DECLINED: () => 'has declined it',
      TIMED_OUT: () => 'has let the offer pass',
    },
  },
  DE: {
    number: NUMBER_DE,
    formerRep: 'jemand, der nicht mehr da ist',
    waits: 'verantwortlich, solange der Lead in der Warteschlange wartet',
    queueDue: 'Bis zur Frist der Warteschlange konnte ihn niemand übernehmen',
    noStepNamed: 'Durch einen Schritt, den es nicht mehr gibt',
    beyondCapacity: 'über das Limit hinaus',
    noStep: 'kein Schritt traf zu',
    ownerLeft: 'Führungskraft des ausgeschiedenen Betreuers',
    credit: 'Guthaben',
    passedOver: 'übergangen',
    andMore: (count) => ` und ${count} weitere`,
    nobodyIn: (steps) => `vorher konnte ihn niemand übernehmen: ${steps}`,
    territory: (name) => `Gebiet ${name}`,
    step: (key) => `Schritt ${key}`,
    pool: (name) => `Pool ${name}`,
    turnOfPool: (pools) => (pools === 1 ? 'als einziger Pool an der Reihe' : `unter ${pools} Pools an der Reihe`),
    weightsOf: (segment) => `Gewichte für ${segment}`,
    owner: {
      ACCOUNT_OWNER: (account) => `Betreuer des Kunden ${account}`,
      NAMED_ACCOUNT: (account) => `Betreuer des Zielkunden ${account}`,
    },
    methods: {
      FALLBACK: 'Letzte Instanz',
      DUPLICATE: 'Dieselbe Person noch einmal',
      CLAIM: 'Aus der Warteschlange genommen',
      MANUAL: 'Von Hand',
      ESCALATION: 'Eskaliert, weil der Besitzer nicht reagiert hatte',
      REASSIGNMENT: 'Neu verteilt',
      OFFBOARDING: 'Der bisherige Besitzer ist ausgeschieden',
    },
    via: {
      TARGET: '',
      SUBMITTER: 'hat den Lead selbst eingegeben',
      DELEGATE: 'Vertretung des abwesenden Betreuers',
      HORIZON: 'zuerst wieder da, weil gerade niemand da ist',
      BACKUP_POOL: 'als Ersatz',
      ASSIGN_ANYWAY: 'trotz Abwesenheit',
      QUEUE: 'aus der Warteschlange',
      BACKUP: 'Vertretung des bisherigen Besitzers',
      MANAGER: 'Führungskraft, weil ihn sonst niemand übernehmen konnte',
      LAST_RESORT: 'übernimmt, was kein Schritt vergeben konnte',
    },
    codes: {
      POOL_EMPTY: 'der Pool ist leer',
      OWNER_UNKNOWN: 'der Kunde hat hier keinen Betreuer',
      OWNER_LEFT: 'der Betreuer ist ausgeschieden',
      TARGET_UNKNOWN: 'das Ziel gibt es nicht',
      STEP_ERROR: 'der Schritt ist fehlgeschlagen',
    },
    tie: {
      ONLY_ONE: 'sonst niemand an der Reihe',
      DEADLINE: 'nach Gewicht und Guthaben am dringendsten',
      CREDIT: 'höchstes Guthaben',
      LOAD: 'geringste Auslastung',
      WEIGHT: 'Guthaben gleich, höheres Gewicht',
      WAITED: 'Guthaben gleich, wartet am längsten',
      POSITION: 'Guthaben gleich, im Pool weiter vorn',
      GAVE_WAY: 'als Nächstes an der Reihe, weil der Aufholende gerade einen hatte',
    },
    reasons: {
      CHOSEN: () => 'ausgewählt',
      NOT_THEIR_TURN: ({ turn }) => (turn?.rank ? `auf Platz ${turn.rank}` : 'nicht an der Reihe'),
      LOWER_TIER: ({ turn }) => `Stufe ${turn?.tier}, kommt später dran`,
      NOT_PREFERRED: () => 'andere werden dafür bevorzugt',
      ORDERED_BEHIND: () => 'steht in der Reihenfolge des Schritts hinter anderen',
      TOO_FAR_AHEAD: ({ turn }) => `zu weit voraus, Guthaben ${NUMBER_DE.format(turn?.creditBefore ?? 0)}`,
      AT_CAPACITY: ({ standing: { load }, limit }) =>
        load < limit
          ? `${load} von ${limit} offen, und dieser Lead braucht mehr als den Rest`
          : `${load} von ${limit} offen`,
      AT_POOL_CAPACITY: ({ bound }) => `hat ${bound?.count} von ${bound?.limit} aus diesem Pool`,
      AT_CLASS_LIMIT: ({ bound }) => `${bound?.of}: ${bound?.count} von ${bound?.limit}`,
      RATE_CAPPED: ({ bound }) => `hatte ${bound?.count} von ${bound?.limit} ${PERIODS_DE[bound?.of ?? '']}`,
      OUT_OF_OFFICE: ({ until }) => `abwesend${untilText(until, 'bis')}`,
      NOT_SEEN: () => 'zu lange nicht gesehen',
      PAUSED: ({ until }) => `pausiert${untilText(until, 'bis')}`,
      PUBLIC_HOLIDAY: ({ until }) => `Feiertag${untilText(until, 'bis')}`,
      OUTSIDE_HOURS: ({ until }) => `außerhalb der Arbeitszeit${untilText(until, 'bis')}`,
      BUSY_ALL_DAY: ({ until }) => `ganztägig beschäftigt${untilText(until, 'bis')}`,
      BUSY: ({ until }) => `beschäftigt${untilText(until, 'bis')}`,
      IN_MEETING: ({ until }) => `in einer Besprechung${untilText(until, 'bis')}`,
      LEFT: () => 'ausgeschieden',
      WEIGHT_ZERO: () => 'Gewicht 0',
      DOES_NOT_FIT: () => 'passt nicht',
      OWNER_EQUALS_LEAD: () => 'der Lead trägt die eigene Adresse',
      ALREADY_HAD: () => 'hatte ihn schon',
      DECLINED: () => 'hat ihn abgelehnt',
      TIMED_OUT: () => 'hat das Angebot verstreichen lassen',
    },
  },
};
