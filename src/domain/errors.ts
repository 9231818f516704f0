/** Every code a caller can act on. The schema's `ErrorCode` and docs/errors.md list the same. */
export const ERROR_CODES = {
  INVALID_INPUT: 'A value is missing, malformed or beyond a limit; `issues` names field and limit.',
  NOT_FOUND: 'The thing named does not exist, or is not yours to see.',
  KEY_TAKEN: 'Another thing of the same kind has this key, e-mail address or domain.',
  IN_USE: 'The thing is still referred to; the message says by what.',
  IDEMPOTENCY_MISMATCH: 'The idempotency key was used before with a different payload.',
  VERSION_CONFLICT: 'Somebody else changed it since you read it; read again and repeat.',
  PLAN_INVALID: 'The plan cannot be published as it is; `issues` says why.',
  NO_PLAN: 'No plan is published yet, so no lead can be owned. Publish one first.',
  DUPLICATE_LEAD: 'The person has an open lead already, and the workspace refuses a second one.',
  WEIGHTS_FIXED: 'The pool’s weights are set by hand, so there is nothing to derive.',
  ALREADY_REVERTED: 'The weights have been taken back before.',
  PROPOSAL_DECIDED: 'Somebody has approved or refused the proposal already.',
  TOO_MANY_LEADS: 'More leads match than one call may move; narrow the filter.',
  LEAD_CLOSED: 'The lead is closed and can not be given to anyone.',
  LEAD_ERASED: 'The lead has been erased; nothing more can be done with it.',
  OWNER_EQUALS_LEAD: 'No rep owns a lead that carries the rep’s own address.',
  NOT_THE_OWNER: 'Only the present owner can do this; the message names who owns the lead.',
  NOT_QUEUED: 'The lead waits in no queue; the message names who owns it.',
  NOT_A_MEMBER: 'The rep is no member of the queue.',
  CLAIM_LIMIT: 'The rep holds as many leads from the queue as one may.',
  CANNOT_TAKE: 'A limit keeps the rep from one more lead; the message says which.',
  QUEUE_EMPTY: 'Nothing waits in the queue that the rep could claim.',
  NO_OFFER: 'There is no open offer to accept or decline; the message says what became of it.',
  PAUSED_BY_OTHERS: 'Somebody else has paused the rep; a manager or admin can end it.',
  REP_LEFT: 'The rep has left the company and can own nothing.',
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

/** One fault of an input. */
export interface Issue {
  /** Where: names and positions from the input's root, such as `["leads", 3, "score"]`. */
  readonly path: readonly (string | number)[];
  /** What was expected, and what came. */
  readonly message: string;
}

/** A refusal a caller can act on. Anything else that is thrown is an accident, and masked. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** An input that names field and limit for each of its faults. */
export class InvalidInput extends Refusal {
  override readonly name = 'InvalidInput';
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[], code: 'INVALID_INPUT' | 'PLAN_INVALID' = 'INVALID_INPUT') {
    super(code, issues.map((issue) => `${formatPath(issue.path)}: ${issue.message}`).join('; '));
    this.issues = issues;
  }
}

/** `["leads", 3, "score"]` → `leads[3].score`. */
export const formatPath = (path: readonly (string | number)[]): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  ) || 'input';
