import { expect } from 'vitest';
import type { TestApp } from './app.ts';
import { books, IN_ORDER } from './books.ts';
import { type Crew, expectSound, open } from './time.ts';
import type { TestWorkspace } from './workspace.ts';

/* Leads that wait, as the API tells of them and as they are stored. */

/** What a queue is given as; `line` of the pool `main`, for which the boss answers. */
export const line = (given: object = {}): object => ({
  key: 'line',
  name: 'Line',
  pool: 'main',
  responsible: 'boss',
  ...given,
});

/** A company whose leads are offered to whoever claims them. */
export const openClaims = (app: TestApp, given: Crew, queue: object = {}): Promise<TestWorkspace> =>
  open(app, { queues: [line(queue)], ...given, step: { target: { kind: 'QUEUE', queue: 'line' }, ...given.step } });

/** A company whose leads wait where nobody of the pool is there. */
export const openWaiting = (app: TestApp, given: Crew, queue: object = {}): Promise<TestWorkspace> =>
  open(app, { queues: [line(queue)], ...given, step: { whenNobody: { kind: 'QUEUE', queue: 'line' }, ...given.step } });

export interface Claimed {
  readonly code?: string;
  readonly message?: string;
  /** Global id of the lead. */
  readonly id?: string;
  readonly owner?: string;
  readonly method?: string;
}

interface ClaimAnswer {
  readonly code?: string;
  readonly message?: string;
  readonly lead?: { readonly id: string; readonly owner: { readonly key: string } };
  readonly assignment?: { readonly method: string };
}

async function ask(
  workspace: TestWorkspace,
  name: 'claimLead' | 'claimNextLead',
  input: object,
  key?: string,
): Promise<Claimed> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const { data, errors } = await workspace.send<Record<string, ClaimAnswer>>(
    `mutation ($input: ${type}!) { ${name}(input: $input) {
       ... on ClaimSuccess { lead { id owner { key } } assignment { method } } ... on Error { code message } } }`,
    { input },
    key,
  );
  const answer = data?.[name];
  if (!answer) throw new Error(errors.map(({ message }) => message).join('; '));
  if (!answer.lead) return { code: answer.code as string, message: answer.message as string };
  return { id: answer.lead.id, owner: answer.lead.owner.key, method: answer.assignment?.method as string };
}

/** @param rep key of the rep who is to have it, where that is not whose key it is */
export const claim = (workspace: TestWorkspace, leadId: string, key?: string, rep?: string): Promise<Claimed> =>
  ask(workspace, 'claimLead', { leadId, ...(rep === undefined ? {} : { repId: workspace.rep(rep) }) }, key);

export async function claimNext(workspace: TestWorkspace, key?: string, rep?: string): Promise<Claimed> {
  const queueId = (await queueSeen(workspace)).id;
  return ask(workspace, 'claimNextLead', { queueId, ...(rep === undefined ? {} : { repId: workspace.rep(rep) }) }, key);
}

export interface Entry {
  readonly leadId: string;
  readonly lead: { readonly id: string } | null;
  readonly waitsFor: 'SOMEONE' | 'CLAIM';
  readonly priority: number;
  readonly overflowed: boolean;
  readonly dueAt: string;
  readonly [field: string]: unknown;
}

export interface QueueSeen {
  readonly id: string;
  readonly waiting: number;
  readonly entries: readonly Entry[];
}

export const ENTRY = `leadId lead { id } waitsFor priority capturedAt queuedAt dueAt overflowed
  companyName country region industry employees score requestKind source`;

export async function queueSeen(workspace: TestWorkspace, key?: string): Promise<QueueSeen> {
  const { data, errors } = await workspace.send<{ queue: QueueSeen | null }>(
    `{ queue(key: "line") { id waiting entries(first: 100) { ${ENTRY} } } }`,
    {},
    key,
  );
  if (!data?.queue) throw new Error(errors.map(({ message }) => message).join('; ') || 'there is no such queue');
  return data.queue;
}

export interface Told {
  readonly code?: string;
  readonly message?: string;
  readonly issues?: readonly string[];
}

/** Says whether a rep is there. */
export async function say(workspace: TestWorkspace, rep: string | null, input: object, key?: string): Promise<Told> {
  const repId = rep === null ? {} : { repId: workspace.rep(rep) };
  interface Answer extends Omit<Told, 'issues'> {
    readonly issues?: readonly { readonly path: string; readonly message: string }[];
  }
  const { data, errors } = await workspace.send<{ setAvailability: Answer }>(
    `mutation ($input: SetAvailabilityInput!) { setAvailability(input: $input) {
       ... on InvalidInputError { issues { path message } } ... on Error { code message } } }`,
    { input: { ...repId, ...input } },
    key,
  );
  if (!data) throw new Error(errors.map(({ message }) => message).join('; '));
  const { issues, ...told } = data.setAvailability;
  return issues ? { ...told, issues: issues.map(({ path, message }) => `${path}: ${message}`) } : told;
}

/** Every decision comes out the same when it is replayed, and all that is counted, waited for and due adds up. */
export const expectInOrder = expectSound;

/** What is counted is what waits, and each that waits is an open lead with somebody who answers for it and a deadline. */
export async function expectCounted(app: TestApp, { id }: TestWorkspace): Promise<void> {
  expect(await books(app, id)).toEqual(IN_ORDER);
}
