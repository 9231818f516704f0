import type { Attempt, AttemptVia, Considered, Decision, Method, Reason, TieBreak } from './decision.ts';

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

/** Passed-over reps beyond this many are counted, not named. */
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
  const passed = (last?.attempts ?? []).flatMap(({ considered }) => considered.filter(isPassedOver));
  const parts = [
    `${origin(decision, names, words)} → ${nameOf(decision.repId)}`,
    ...(attempt ? why(decision, attempt, names, words, language) : []),
    ...(decision.beyondCapacity ? [words.beyondCapacity] : []),
    ...(passed.length > 0 ? [passedOver(passed, nameOf, words)] : []),
  ];
  const earlier = decision.steps.slice(0, -1).map(({ stepKey }) => stepKey);
  if (earlier.length > 0) parts.push(`${words.nobodyIn} ${earlier.slice(0, MAX_NAMED).join(', ')}`);
  return `${parts.join('; ')}.`;
}

const isPassedOver = ({ reason }: Considered): boolean => reason !== 'CHOSEN' && reason !== 'NOT_THEIR_TURN';

function origin({ method, account, territoryId, stepKey }: Told, names: Names, words: Words): string {
  const ofAccount = account && names.account(account.id);
  if ((method === 'ACCOUNT_OWNER' || method === 'NAMED_ACCOUNT') && ofAccount) return words.owner[method](ofAccount);
  const territory = method === 'TERRITORY' && territoryId ? names.territory(territoryId) : null;
  if (territory) return words.territory(territory);
  const plain = words.methods[method];
  return plain ?? words.step(stepKey ?? '');
}

/** Nothing where the step names the rep itself. */
function why(decision: Told, attempt: Attempt, names: Names, words: Words, language: Language): string[] {
  const via = words.via[attempt.via];
  const pool = attempt.poolId && names.pool(attempt.poolId);
  if (!pool) {
    if (attempt.code === 'OWNER_LEFT') return [words.ownerLeft];
    return via === '' ? [] : [via];
  }
  const turn = attempt.considered.find(({ repId }) => repId === decision.repId)?.turn;
  const number = (value: number): string =>
    value.toLocaleString(language === 'DE' ? 'de' : 'en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const credit =
    turn && turn.share < 1 ? ` (${words.credit} ${number(turn.creditBefore)} → ${number(turn.creditAfter)})` : '';
  const list = attempt.list ? `${words.turnOfPool(attempt.list.line.length)} ` : '';
  const weights = attempt.weightSegment === null ? '' : ` (${words.weightsOf(attempt.weightSegment)})`;
  return [
    `${via === '' ? '' : `${via}, `}${list}${words.pool(pool)}${weights}, ${words.tie[attempt.tieBreak ?? 'ONLY_ONE']}${credit}`,
  ];
}

function passedOver(passed: readonly Considered[], nameOf: (repId: string) => string, words: Words): string {
  const named = passed.slice(0, MAX_NAMED).map((each) => `${nameOf(each.repId)} (${words.reasons[each.reason](each)})`);
  const more = passed.length - named.length;
  return `${words.passedOver}: ${named.join(', ')}${more > 0 ? words.andMore(more) : ''}`;
}

/** Why one rep was passed over, in a few words. */
export const reasonText = (considered: Considered, language: Language): string =>
  WORDS[language].reasons[considered.reason](considered);

/** All the words of one language. */
interface Words {
  readonly formerRep: string;
  readonly beyondCapacity: string;
  readonly nobodyIn: string;
  readonly ownerLeft: string;
  readonly credit: string;
  readonly passedOver: string;
  andMore(count: number): string;
  territory(name: string): string;
  step(key: string): string;
  pool(name: string): string;
  turnOfPool(pools: number): string;
  weightsOf(segment: string): string;
  readonly owner: Readonly<Record<'ACCOUNT_OWNER' | 'NAMED_ACCOUNT', (account: string) => string>>;
  readonly methods: Readonly<Partial<Record<Method, string>>>;
  readonly via: Readonly<Record<AttemptVia, string>>;
  readonly tie: Readonly<Record<TieBreak, string>>;
  readonly reasons: Readonly<Record<Reason, (considered: Considered) => string>>;
}

const PERIODS_EN: Readonly<Record<string, string>> = { HOUR: 'hour', DAY: 'day', WEEK: 'week', MONTH: 'month' };
const PERIODS_DE: Readonly<Record<string, string>> = {
  HOUR: 'pro Stunde',
  DAY: 'pro Tag',
  WEEK: 'pro Woche',
  MONTH: 'pro Monat',
};

const WORDS: Readonly<Record<Language, Words>> = {
  EN: {
    formerRep: 'a former rep',
    beyondCapacity: 'taken beyond capacity',
    nobodyIn: 'nobody could take it in',
    ownerLeft: 'manager of the owner, who has left',
    credit: 'credit',
    passedOver: 'passed over',
    andMore: (count) => ` and ${count} more`,
    territory: (name) => `Territory ${name}`,
    step: (key) => `Step ${key}`,
    pool: (name) => `pool ${name}`,
    turnOfPool: (pools) => `first of ${pools} pools,`,
    weightsOf: (segment) => `weights of ${segment}`,
    owner: {
      ACCOUNT_OWNER: (account) => `Owner of the account ${account}`,
      NAMED_ACCOUNT: (account) => `Owner of the named account ${account}`,
    },
    methods: {
      FALLBACK: 'Last resort',
      DUPLICATE: 'The same person again',
      MANUAL: 'By hand',
      REASSIGNMENT: 'Redistributed',
      OFFBOARDING: 'The owner has left',
    },
    via: {
      TARGET: '',
      SUBMITTER: 'entered it',
      DELEGATE: 'delegate of the owner, who is away',
      BACKUP_POOL: 'backup',
      ASSIGN_ANYWAY: 'although away',
      MANAGER: 'manager, since nobody else could',
      LAST_RESORT: 'takes what no step could place',
    },
    tie: {
      ONLY_ONE: 'the only one who could',
      DEADLINE: 'most urgent by weight and credit',
      CREDIT: 'highest credit',
      LOAD: 'lowest load',
      WEIGHT: 'credits level, the heavier weight',
      WAITED: 'credits level, has waited longest',
      POSITION: 'credits level, first in the pool',
    },
    reasons: {
      CHOSEN: () => 'chosen',
      NOT_THEIR_TURN: ({ turn }) => (turn?.rank ? `number ${turn.rank} in line` : 'not their turn'),
      LOWER_TIER: ({ turn }) => `tier ${turn?.tier}, served later`,
      NOT_PREFERRED: () => 'others are preferred for it',
      ORDERED_BEHIND: () => 'behind others in the step’s order',
      TOO_FAR_AHEAD: ({ turn }) => `too far ahead, credit ${turn?.creditBefore.toFixed(2)}`,
      AT_CAPACITY: ({ standing, limit }) => `open ${standing.load} of ${limit}`,
      AT_POOL_CAPACITY: ({ bound }) => `holds ${bound?.count} of ${bound?.limit} from this pool`,
      AT_CLASS_LIMIT: ({ bound }) => `${bound?.of} ${bound?.count} of ${bound?.limit}`,
      RATE_CAPPED: ({ bound }) => `had ${bound?.count} of ${bound?.limit} a ${PERIODS_EN[bound?.of ?? '']}`,
      PAUSED: () => 'paused',
      LEFT: () => 'has left',
      WEIGHT_ZERO: () => 'weight 0',
      DOES_NOT_FIT: () => 'does not fit',
      OWNER_EQUALS_LEAD: () => 'the lead’s own address',
      ALREADY_HAD: () => 'has had it already',
    },
  },
  DE: {
    formerRep: 'jemand, der nicht mehr da ist',
    beyondCapacity: 'über das Limit hinaus',
    nobodyIn: 'niemand konnte ihn übernehmen in',
    ownerLeft: 'Vorgesetzter des Betreuers, der das Unternehmen verlassen hat',
    credit: 'Guthaben',
    passedOver: 'übergangen',
    andMore: (count) => ` und ${count} weitere`,
    territory: (name) => `Gebiet ${name}`,
    step: (key) => `Schritt ${key}`,
    pool: (name) => `Pool ${name}`,
    turnOfPool: (pools) => `unter ${pools} Pools an der Reihe:`,
    weightsOf: (segment) => `Gewichte für ${segment}`,
    owner: {
      ACCOUNT_OWNER: (account) => `Betreuer des Kunden ${account}`,
      NAMED_ACCOUNT: (account) => `Betreuer des Zielkunden ${account}`,
    },
    methods: {
      FALLBACK: 'Letzte Instanz',
      DUPLICATE: 'Dieselbe Person noch einmal',
      MANUAL: 'Von Hand',
      REASSIGNMENT: 'Neu verteilt',
      OFFBOARDING: 'Der Besitzer ist ausgeschieden',
    },
    via: {
      TARGET: '',
      SUBMITTER: 'hat ihn selbst eingegeben',
      DELEGATE: 'Vertretung des abwesenden Betreuers',
      BACKUP_POOL: 'Ersatz',
      ASSIGN_ANYWAY: 'trotz Abwesenheit',
      MANAGER: 'Vorgesetzter, weil sonst niemand konnte',
      LAST_RESORT: 'übernimmt, was kein Schritt vergeben konnte',
    },
    tie: {
      ONLY_ONE: 'konnte als Einziger',
      DEADLINE: 'nach Gewicht und Guthaben am dringendsten',
      CREDIT: 'höchstes Guthaben',
      LOAD: 'geringste Auslastung',
      WEIGHT: 'Guthaben gleich, höheres Gewicht',
      WAITED: 'Guthaben gleich, wartet am längsten',
      POSITION: 'Guthaben gleich, steht im Pool vorn',
    },
    reasons: {
      CHOSEN: () => 'ausgewählt',
      NOT_THEIR_TURN: ({ turn }) => (turn?.rank ? `auf Platz ${turn.rank}` : 'nicht an der Reihe'),
      LOWER_TIER: ({ turn }) => `Stufe ${turn?.tier}, kommt später dran`,
      NOT_PREFERRED: () => 'andere werden dafür bevorzugt',
      ORDERED_BEHIND: () => 'steht in der Reihenfolge des Schritts hinter anderen',
      TOO_FAR_AHEAD: ({ turn }) => `zu weit voraus, Guthaben ${turn?.creditBefore.toFixed(2).replace('.', ',')}`,
      AT_CAPACITY: ({ standing, limit }) => `${standing.load} von ${limit} offen`,
      AT_POOL_CAPACITY: ({ bound }) => `hat ${bound?.count} von ${bound?.limit} aus diesem Pool`,
      AT_CLASS_LIMIT: ({ bound }) => `${bound?.of}: ${bound?.count} von ${bound?.limit}`,
      RATE_CAPPED: ({ bound }) => `hatte ${bound?.count} von ${bound?.limit} ${PERIODS_DE[bound?.of ?? '']}`,
      PAUSED: () => 'pausiert',
      LEFT: () => 'ausgeschieden',
      WEIGHT_ZERO: () => 'Gewicht 0',
      DOES_NOT_FIT: () => 'passt nicht',
      OWNER_EQUALS_LEAD: () => 'eigene Adresse im Lead',
      ALREADY_HAD: () => 'hatte ihn schon',
    },
  },
};
