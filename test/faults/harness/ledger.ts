import { setTimeout as sleep } from 'node:timers/promises';
import { call, type Errors, noErrors } from './call.ts';
import { type Company, LIMITED_SOURCE } from './company.ts';
import type { Random } from './random.ts';

/** One lead as the client that sent it knows it. */
export interface Entry {
  readonly idempotencyKey: string;
  readonly email: string;
  readonly source: string;
  attempts: number;
  /** What the server said, once it has said it; until then nobody knows whether the lead is there. */
  acknowledged: Acknowledgement | null;
}

export interface Acknowledgement {
  readonly leadId: string;
  readonly assignmentId: string;
  readonly repId: string;
  readonly repeated: boolean;
  /** From the first attempt to the answer. */
  readonly ms: number;
}

/** A client that writes down what it sends and what it is told, and asks again until it knows. */
export interface Ledger {
  readonly company: Company;
  readonly entries: readonly Entry[];
  readonly errors: Errors;
  newEntry(): Entry;
  /** One attempt. @returns whether it is acknowledged */
  attempt(entry: Entry, url: string): Promise<boolean>;
  /** Attempts at any server until it is acknowledged. @throws Error when it is not within 90 s */
  submit(entry: Entry): Promise<void>;
  /** Several clients at once, until so many leads are acknowledged. */
  submitMany(count: number, clients: number): Promise<void>;
  /** Clients that send one lead after the other until stopped; what is under way then is sent to its end. */
  startClients(clients: number, options?: { readonly pauseMs?: number }): { stop(): Promise<void> };
  /** Ends all clients where they are, after a failure. */
  abandon(): void;
}

export interface LedgerOptions {
  readonly company: Company;
  readonly random: Random;
  /** Servers to choose from; looked at for each attempt. */
  readonly urls: () => readonly string[];
  /** How long a client waits for an answer before it asks elsewhere; 20 s unless told. */
  readonly timeoutMs?: number | undefined;
  /** Share of leads that go to the reps with limits; a tenth unless told. */
  readonly limitedShare?: number | undefined;
}

const GIVE_UP_MS = 90_000;
const LIMITED_SHARE = 0.1;
const TIMEOUT_MS = 20_000;

const SUBMIT = `mutation ($input: SubmitLeadInput!) { submitLead(input: $input) {
  ... on SubmitLeadSuccess { repeated lead { id } assignment { id rep { id } } }
  ... on Error { code message }
} }`;

interface Answer {
  readonly submitLead:
    | {
        readonly repeated: boolean;
        readonly lead: { id: string };
        readonly assignment: { id: string; rep: { id: string } };
      }
    | { readonly code: string; readonly message: string };
}

/** The row's id in a global id. */
const rowId = (globalId: string): string => Buffer.from(globalId, 'base64url').toString().split(':')[1] ?? '';

let ledgers = 0;

export function openLedger(options: LedgerOptions): Ledger {
  const { company, random, urls, timeoutMs = TIMEOUT_MS, limitedShare = LIMITED_SHARE } = options;
  ledgers += 1;
  const name = `ledger-${ledgers}`;
  const entries: Entry[] = [];
  const errors = noErrors();
  const startedAt = new WeakMap<Entry, number>();
  let isAbandoned = false;

  const ledger: Ledger = {
    company,
    entries,
    errors,
    newEntry: () => {
      const entry: Entry = {
        idempotencyKey: `${name}-${entries.length}`,
        email: `${name}-${entries.length}@${company.domain}`,
        source: random.next() < limitedShare ? LIMITED_SOURCE : 'web',
        attempts: 0,
        acknowledged: null,
      };
      entries.push(entry);
      return entry;
    },
    attempt: async (entry, url) => {
      const { idempotencyKey, email, source } = entry;
      entry.attempts += 1;
      if (!startedAt.has(entry)) startedAt.set(entry, performance.now());
      const input = { lead: { email, source }, idempotencyKey };
      const outcome = await call<Answer>(url, company.key, SUBMIT, { input }, errors, timeoutMs);
      if (outcome.kind === 'UNKNOWN') return false;
      const { submitLead: answer } = outcome.data;
      if ('code' in answer) throw new Error(`${idempotencyKey} was refused: ${answer.code} ${answer.message}`);
      entry.acknowledged = {
        leadId: rowId(answer.lead.id),
        assignmentId: rowId(answer.assignment.id),
        repId: rowId(answer.assignment.rep.id),
        repeated: answer.repeated,
        ms: performance.now() - (startedAt.get(entry) as number),
      };
      return true;
    },
    submit: async (entry) => {
      const start = performance.now();
      while (!(await ledger.attempt(entry, random.pick(urls())))) {
        if (isAbandoned) return;
        if (performance.now() - start > GIVE_UP_MS) {
          throw new Error(`${entry.idempotencyKey} was not acknowledged within ${GIVE_UP_MS / 1_000} s`);
        }
        await sleep(random.between(20, 200));
      }
    },
    submitMany: async (count, clients) => {
      let begun = 0;
      const client = async (): Promise<void> => {
        while (begun < count && !isAbandoned) {
          begun += 1;
          await ledger.submit(ledger.newEntry());
        }
      };
      await Promise.all(Array.from({ length: clients }, client));
    },
    startClients: (clients, { pauseMs = 20 } = {}) => {
      let isOver = false;
      const client = async (): Promise<void> => {
        while (!isOver && !isAbandoned) {
          await ledger.submit(ledger.newEntry());
          await sleep(random.between(0, 2 * pauseMs));
        }
      };
      const running = Promise.all(Array.from({ length: clients }, client));
      // It is awaited in the end; until then a failure is no accident of this process.
      running.catch(() => {});
      return {
        stop: async () => {
          isOver = true;
          await running;
        },
      };
    },
    abandon: () => {
      isAbandoned = true;
    },
  };
  return ledger;
}
