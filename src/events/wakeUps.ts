import type { Logger } from 'pino';
import type { Database } from '../db/client.ts';
import { postgresWakeUps } from './postgresWakeUps.ts';
import { redisWakeUps } from './redisWakeUps.ts';

/** Wake-ups between the processes on one database: they only say "look"; a lost one costs up to a second. */
export interface WakeUps {
  /** Says that events up to `number` are there; several in a row become one. Waits for nobody. */
  send(workspaceId: string, number: number): void;
  /** Whether what others send is heard; events come by polling while it is not. */
  readonly listening: boolean;
  /** Begins to connect. What serves them may be down: it is connected to when it is back. */
  start(): void;
  stop(): void;
}

/** What passes wake-ups on: PostgreSQL or Redis. */
export interface WakeUpDriver {
  /**
   * A connection that is not open yet.
   *
   * @param heard called with each message, also with those of one's own
   * @param lost called when it breaks, perhaps more than once
   */
  connect(heard: (message: string) => void, lost: (error: Error) => void): WakeUpConnection;
  /** @throws when they cannot be sent now */
  send(messages: readonly string[]): Promise<unknown>;
}

export interface WakeUpConnection {
  /** Resolves when it hears. */
  open(): Promise<unknown>;
  /** One round trip. @throws when it does not hear, although it stands */
  check(): Promise<unknown>;
  /** Ends it at once, whatever state it is in. */
  close(): void;
}

export interface WakeUpsOptions {
  readonly database: Database;
  /** Redis instead of LISTEN and NOTIFY. */
  readonly redisUrl?: string | undefined;
  readonly log: Logger;
  readonly onWakeUp: (workspaceId: string, number: number) => void;
  /** How long between two round trips that show whether the connection still stands. */
  readonly checkMs?: number;
  /** How long a connection or a round trip may take. */
  readonly timeoutMs?: number;
}

/** What goes out meanwhile becomes one message for each workspace. */
const COALESCE_MS = 15;
/** A socket may be dead without saying so: nothing comes, and nothing fails. With what follows it is made anew within 14 s. */
const CHECK_MS = 8_000;
const TIMEOUT_MS = 5_000;
const RECONNECT_MS = 500;
const MAX_RECONNECT_MS = 10_000;

export function createWakeUps(options: WakeUpsOptions): WakeUps {
  const { database, redisUrl, log, onWakeUp, checkMs = CHECK_MS, timeoutMs = TIMEOUT_MS } = options;
  const driver = redisUrl === undefined ? postgresWakeUps(database) : redisWakeUps(redisUrl);
  const pending = new Map<string, number>();
  let sending: NodeJS.Timeout | undefined;
  /** Until the next check, or the next attempt. */
  let waiting: NodeJS.Timeout | undefined;
  let connection: WakeUpConnection | null = null;
  let listening = false;
  /** In a row. */
  let failures = 0;
  let stopped = false;

  function flush(): void {
    sending = undefined;
    const messages = [...pending].map(([workspaceId, number]) => `${workspaceId}:${number}`);
    pending.clear();
    driver.send(messages).catch((error: unknown) => log.debug({ err: error }, 'wake-up not sent; others will poll'));
  }

  function heard(message: string): void {
    const [workspaceId = '', number] = message.split(':');
    onWakeUp(workspaceId, Number(number));
  }

  async function connect(): Promise<void> {
    const opening = driver.connect(heard, (error) => lose(opening, error));
    connection = opening;
    if (!(await stands(opening, opening.open()))) return;
    listening = true;
    if (failures > 0) log.info('wake-ups come again');
    failures = 0;
    checkLater(opening);
  }

  function checkLater(checked: WakeUpConnection): void {
    waiting = setTimeout(async () => {
      if (await stands(checked, checked.check())) checkLater(checked);
    }, checkMs);
  }

  /** Whether the answer came in time, and the connection was not lost meanwhile. */
  async function stands(asked: WakeUpConnection, answer: Promise<unknown>): Promise<boolean> {
    try {
      await within(timeoutMs, answer);
    } catch (error) {
      lose(asked, error);
    }
    return asked === connection;
  }

  function lose(lost: WakeUpConnection, error: unknown): void {
    if (lost !== connection) return;
    close();
    if (failures === 0) log.warn({ err: error }, 'no wake-ups: events come by polling, up to a second later');
    const pause = Math.min(RECONNECT_MS * 2 ** failures, MAX_RECONNECT_MS);
    failures += 1;
    // Not all servers at the same moment.
    waiting = setTimeout(() => void connect(), pause * (0.5 + Math.random() / 2));
  }

  function close(): void {
    clearTimeout(waiting);
    listening = false;
    const closing = connection;
    connection = null;
    closing?.close();
  }

  return {
    send: (workspaceId, number) => {
      if (stopped) return;
      pending.set(workspaceId, number);
      sending ??= setTimeout(flush, COALESCE_MS);
    },
    get listening() {
      return listening;
    },
    start: () => void connect(),
    stop: () => {
      stopped = true;
      clearTimeout(sending);
      close();
    },
  };
}

async function within(milliseconds: number, answer: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
