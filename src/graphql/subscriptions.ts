import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  Kind,
  visit,
} from 'graphql';
import type { Logger } from 'pino';
import type { Principal } from '../auth/principal.ts';
import { visibilityClass } from '../auth/visibility.ts';
import { type Feed, FeedReader } from '../events/feedReader.ts';
import type { FeedEvent } from '../events/readEvents.ts';
import { type Context, createContext, type Services } from './context.ts';
import { maskError } from './errors.ts';

/*
 * Whoever asks for the same (document, variables, visibility class) hears the same of an event: it is executed once, and
 * made into text once, however many sockets it goes to. Executed for each socket, 1,000 of them received a quarter of
 * what a bare WebSocket broadcast delivers.
 */

/** What was selected of an event. */
export class Executed {
  readonly result: ExecutionResult;
  #text: string | undefined;

  constructor(result: ExecutionResult) {
    this.result = result;
  }

  /** As JSON. */
  get text(): string {
    this.#text ??= JSON.stringify(this.result);
    return this.#text;
  }
}

export interface Subscriptions {
  /** @returns the refusal as a result where it cannot begin */
  subscribe(args: ExecutionArgs): Promise<Subscription | ExecutionResult>;
}

/** For the field of a subscription: its events come in portions, which only `subscribe` here takes apart. */
export const eventsOf = (feed: Feed): AsyncIterable<FeedEvent> => feed as unknown as AsyncIterable<FeedEvent>;

export function createSubscriptions(options: { readonly services: Services; readonly log: Logger }): Subscriptions {
  const { services, log } = options;
  const selections = new Map<string, Selection>();

  const masked = ({ errors, ...result }: ExecutionResult): ExecutionResult =>
    errors ? { errors: errors.map((error) => maskError(error, log)), ...result } : result;

  function enter(args: ExecutionArgs): Selection {
    const { principal } = args.contextValue as Context;
    const key = keyOf(args, principal);
    const selection = selections.get(key) ?? new Selection(key, args, services, principal, masked);
    selections.set(key, selection);
    selection.users += 1;
    return selection;
  }

  function leave(selection: Selection): void {
    selection.users -= 1;
    if (selection.users === 0) selections.delete(selection.key);
  }

  return {
    subscribe: async (args) => {
      const source = await createSourceEventStream(args);
      if (!(source instanceof FeedReader)) return masked(source as ExecutionResult);
      const selection = enter(args);
      return new Subscription(source, selection, leave);
    },
  };
}

/** One who listens: portions of events in order; see `Feed`. */
export class Subscription implements AsyncIterableIterator<readonly Executed[], undefined> {
  readonly #source: Feed;
  readonly #selection: Selection;
  #leave: ((selection: Selection) => void) | null;

  /** @param leave called once, when it ends */
  constructor(source: Feed, selection: Selection, leave: (selection: Selection) => void) {
    this.#source = source;
    this.#selection = selection;
    this.#leave = leave;
  }

  next(): Promise<IteratorResult<readonly Executed[], undefined>> {
    return this.#source.next().then(
      (taken): Promise<IteratorResult<readonly Executed[], undefined>> =>
        taken.done ? this.return() : this.#executed(taken.value),
      async (error: unknown) => {
        await this.return();
        throw error;
      },
    );
  }

  async #executed(events: readonly FeedEvent[]): Promise<IteratorYieldResult<readonly Executed[]>> {
    return { done: false, value: await Promise.all(events.map((event) => this.#selection.executed(event))) };
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#leave?.(this.#selection);
    this.#leave = null;
    return this.#source.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** What some ask for alike, and what came of it for each event. */
class Selection {
  readonly key: string;
  users = 0;
  readonly #args: Pick<ExecutionArgs, 'schema' | 'document' | 'operationName' | 'variableValues'>;
  readonly #services: Services;
  readonly #principal: Principal | null;
  readonly #masked: (result: ExecutionResult) => ExecutionResult;
  // Made when the first event comes: most feeds of ten thousand wait for one most of the time.
  #context: Context | undefined;
  #ofEvent: WeakMap<FeedEvent, Promise<Executed>> | undefined;

  constructor(
    key: string,
    { schema, document, operationName, variableValues }: ExecutionArgs,
    services: Services,
    principal: Principal | null,
    masked: (result: ExecutionResult) => ExecutionResult,
  ) {
    this.key = key;
    this.#args = { schema, document, operationName: operationName ?? null, variableValues: variableValues ?? null };
    this.#services = services;
    this.#principal = principal;
    this.#masked = masked;
  }

  executed(event: FeedEvent): Promise<Executed> {
    this.#ofEvent ??= new WeakMap();
    let executed = this.#ofEvent.get(event);
    if (!executed) {
      executed = this.#execute(event);
      this.#ofEvent.set(event, executed);
    }
    return executed;
  }

  async #execute(event: FeedEvent): Promise<Executed> {
    this.#context ??= createContext(this.#services, this.#principal, () => {});
    const result = await execute({ ...this.#args, rootValue: event, contextValue: this.#context });
    return new Executed(this.#masked(result));
  }
}

/** Numbers instead of texts, so that a key of ten thousand is short. */
const numbers = new WeakMap<DocumentNode, number>();
let documents = 0;

function keyOf({ document, operationName, variableValues }: ExecutionArgs, principal: Principal | null): string {
  let number = numbers.get(document);
  if (number === undefined) {
    documents += 1;
    number = documents;
    numbers.set(document, number);
  }
  const positions = positionVariables(document);
  const variables = Object.entries(variableValues ?? {}).filter(([name]) => !positions.has(name));
  return JSON.stringify([number, operationName ?? null, variables, principal && visibilityClass(principal)]);
}

const positionVariablesOf = new WeakMap<DocumentNode, ReadonlySet<string>>();

/** Variables that only say where a feed is to go on, so that nothing of an event depends on them. */
function positionVariables(document: DocumentNode): ReadonlySet<string> {
  const known = positionVariablesOf.get(document);
  if (known) return known;
  const uses = new Map<string, number>();
  const count = (name: string, by: number): void => void uses.set(name, (uses.get(name) ?? 0) + by);
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => count(name.value, 1),
  });
  const positions: string[] = [];
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const field of definition.selectionSet.selections) {
      if (field.kind !== Kind.FIELD) continue;
      for (const { name, value } of field.arguments ?? []) {
        if (name.value !== 'after' || value.kind !== Kind.VARIABLE) continue;
        count(value.name.value, -1);
        positions.push(value.name.value);
      }
    }
  }
  const found = new Set(positions.filter((name) => uses.get(name) === 0));
  positionVariablesOf.set(document, found);
  return found;
}
