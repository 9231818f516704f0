import type pg from 'pg';
import { CursorRefused, cursorOf, type Position } from './cursor.ts';
import { type EventPage, type FeedEvent, PAGE, readEvents } from './readEvents.ts';

/** The reader fell too far behind: its socket is closed and may resume from its cursor. */
export class SlowConsumer extends Error {
  override readonly name = 'SlowConsumer';
  readonly code = 'SLOW_CONSUMER';
}

/** Live events that may wait for one subscription: about 1 MB. */
const MAX_QUEUED = 1_000;

export interface FeedRequest {
  readonly workspaceId: string;
  /** Whose events; null for the whole workspace's. */
  readonly repIds: readonly string[] | null;
  /** Null to begin at the present end. */
  readonly after: string | null;
  /** Called at once when too much waits: a consumer that has stopped reading would never see the error. */
  readonly overflowed?: () => void;
}

/**
 * Events in order, in portions: what was missed page by page, at the consumer's own pace, then live whatever has come
 * since the last portion. Whoever listens to the same stream in this process gets the same objects.
 */
export interface Feed extends AsyncIterableIterator<readonly FeedEvent[], undefined> {
  return(): Promise<IteratorReturnResult<undefined>>;
}

export interface Subscriber {
  push(event: FeedEvent): void;
}

/** What this process knows of one workspace's stream while somebody here listens. */
export interface Channel {
  readonly workspaceId: string;
  /** All events up to here have been handed to the subscribers. */
  position: number;
  /** Subscriptions here, catching up or live. */
  open: number;
  /** A rep has few devices, and ten thousand sets would be large. */
  readonly ofRep: Map<string, readonly Subscriber[]>;
  readonly ofAll: Set<Subscriber>;
  reading: Promise<void> | null;
  again: boolean;
}

const DONE = { done: true, value: undefined } as const;
const NONE: FeedEvent[] = [];

/** One subscription's place in a stream. Ten thousand of them lie open in a process: each is this object and little else. */
export class FeedReader implements Feed, Subscriber {
  readonly #request: FeedRequest;
  readonly #channel: Channel;
  readonly #pool: pg.Pool;
  readonly #leave: (channel: Channel) => void;
  /** All events up to here are handed on, or in `#waiting`; live ones are above it. */
  #at: number;
  /** The last event handed on; what a feed of several reps names as the previous one. */
  #passed: number;
  #waiting: FeedEvent[] = NONE;
  #state: 'catching up' | 'live' | 'overflown' | 'ended' = 'catching up';
  #wake: (() => void) | null = null;

  constructor(options: {
    readonly request: FeedRequest;
    readonly channel: Channel;
    readonly pool: pg.Pool;
    /** Called once, when the reader ends. */
    readonly leave: (channel: Channel) => void;
  }) {
    this.#request = options.request;
    this.#channel = options.channel;
    this.#pool = options.pool;
    this.#leave = options.leave;
    this.#at = options.channel.position;
    this.#passed = this.#at;
  }

  /**
   * Goes back to a position, and reads the first page behind it with the same query that tells whether it is still there.
   * @throws CursorRefused
   */
  async resume(position: Position): Promise<void> {
    this.#at = position.number;
    this.#passed = position.number;
    const page = await this.#readOn();
    refuseLost(position, page);
    this.#waiting = [...page.events];
  }

  next(): Promise<IteratorResult<readonly FeedEvent[], undefined>> {
    if (this.#waiting.length > 0 && this.#state !== 'ended') return Promise.resolve(this.#takeWaiting());
    switch (this.#state) {
      case 'ended':
        return Promise.resolve(DONE);
      case 'overflown':
        return this.#fail(new SlowConsumer(`More than ${MAX_QUEUED} events wait for this subscription.`));
      case 'catching up':
        if (this.#at < this.#channel.position) return this.#readMissed();
        // Nothing can come between: no await since the comparison.
        this.#attach();
        this.#state = 'live';
        return this.next();
      case 'live':
        // All that is held while nothing happens: no suspended function, which is some hundred bytes for each level.
        return new Promise((resolve) => {
          this.#wake = () => resolve(this.next());
        });
    }
  }

  #takeWaiting(): IteratorYieldResult<readonly FeedEvent[]> {
    const events = this.#waiting;
    this.#waiting = NONE;
    return { done: false, value: events.map((event) => this.#linked(event)) };
  }

  async #readMissed(): Promise<IteratorResult<readonly FeedEvent[], undefined>> {
    try {
      this.#waiting = [...(await this.#readOn()).events];
    } catch (error) {
      return this.#fail(error);
    }
    return this.next();
  }

  async #fail(error: unknown): Promise<never> {
    await this.return();
    throw error;
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    if (this.#state !== 'ended') {
      this.#detach();
      this.#state = 'ended';
      this.#waiting = NONE;
      this.#awake();
      this.#leave(this.#channel);
    }
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(event: FeedEvent): void {
    if (event.number <= this.#at || this.#state !== 'live') return;
    if (this.#waiting.length < MAX_QUEUED) {
      if (this.#waiting === NONE) this.#waiting = [];
      this.#waiting.push(event);
    } else {
      this.#state = 'overflown';
      this.#waiting = NONE;
      this.#detach();
      this.#request.overflowed?.();
    }
    this.#awake();
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  /** The next page of what the channel has handed out already. */
  async #readOn(): Promise<EventPage> {
    const { workspaceId, repIds } = this.#request;
    const upTo = this.#channel.position;
    const page = await readEvents(this.#pool, { workspaceId, after: this.#at, upTo, limit: PAGE, repIds });
    // Also in the middle: what was deleted while a long feed was read must not be a silent gap.
    refuseExpired(workspaceId, this.#at, page);
    const last = page.events.at(-1);
    this.#at = page.events.length === PAGE && last ? last.number : Math.max(this.#at, upTo);
    return page;
  }

  /** One rep's and the whole workspace's events know their predecessor; a team's are linked as they pass. */
  #linked(event: FeedEvent): FeedEvent {
    const { repIds } = this.#request;
    const previous = repIds === null ? event.number - 1 : repIds.length === 1 ? event.previous : this.#passed;
    this.#passed = event.number;
    return linkedTo(event, previous);
  }

  #attach(): void {
    const { ofAll, ofRep } = this.#channel;
    if (this.#request.repIds === null) ofAll.add(this);
    for (const repId of this.#request.repIds ?? []) ofRep.set(repId, [...(ofRep.get(repId) ?? []), this]);
  }

  #detach(): void {
    const { ofAll, ofRep } = this.#channel;
    ofAll.delete(this);
    for (const repId of this.#request.repIds ?? []) {
      const left = ofRep.get(repId)?.filter((subscriber) => subscriber !== this) ?? [];
      if (left.length === 0) ofRep.delete(repId);
      else ofRep.set(repId, left);
    }
  }
}

const links = new WeakMap<FeedEvent, Map<number, FeedEvent>>();

/** The event with another predecessor: the same object for all who come from there. */
function linkedTo(event: FeedEvent, previous: number): FeedEvent {
  if (previous === event.previous) return event;
  const known = links.get(event) ?? new Map<number, FeedEvent>();
  links.set(event, known);
  const linked = known.get(previous) ?? { ...event, previous };
  known.set(previous, linked);
  return linked;
}

/** @throws CursorRefused where some of the events behind a number are no longer there */
function refuseExpired(workspaceId: string, number: number, { end, pruned }: EventPage): void {
  if (number >= pruned) return;
  throw new CursorRefused(
    'CURSOR_EXPIRED',
    'Events that old are no longer kept. Read your leads anew, then go on from the cursor in this error.',
    cursorOf(workspaceId, end),
  );
}

/** @throws CursorRefused where the event of a position is not there */
function refuseLost({ number, at }: Position, { end, pruned, afterAt }: EventPage): void {
  // The last one that was deleted cannot be compared any more.
  const isAnother = number > pruned && at?.getTime() !== afterAt?.getTime();
  if (number > end.number || isAnother) {
    throw new CursorRefused(
      'INVALID_CURSOR',
      'The feed has no such event: the server’s data were restored to an earlier point. Read your leads anew and start without a cursor.',
    );
  }
}
