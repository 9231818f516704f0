import { isDeepStrictEqual } from 'node:util';
import { v7 } from 'uuid';
import { z } from 'zod';
import { selectAccounts, selectReps } from '../db/configuration.ts';
import { normalizeCompanyName } from '../domain/accounts.ts';
import type { Account, Rep } from '../domain/configuration.ts';
import { InvalidInput, type Issue, Refusal } from '../domain/errors.ts';
import { line } from '../intake/text.ts';
import { type Change, type ConfigurationContext, changeConfiguration } from './change.ts';
import { accountFields, given, LIMITS, parse } from './inputs.ts';

/** Often the account's id in the CRM, so freer than other keys. */
export const accountKey = line(200)
  .refine((text) => text !== null, { error: 'must not be empty' })
  .transform((text) => text as string);

const schema = z
  .array(
    z
      .strictObject({
        key: accountKey,
        ...accountFields,
        ownerId: z.string().nullable(),
        parentKey: accountKey.nullable(),
      })
      .partial()
      .required({ key: true, name: true, kind: true }),
  )
  .max(LIMITS.accountsPerCall, {
    error: `has more than ${LIMITS.accountsPerCall} accounts; send them in several calls`,
  });

export const ACCOUNT_DEFAULTS = { aliases: [], parentId: null, ownerId: null, domains: [] } as const;

export interface UpsertedAccounts {
  /** In the order of the input. */
  readonly accounts: readonly Account[];
  readonly created: number;
  /** Those that are different now. */
  readonly updated: number;
}

/**
 * Creates accounts or, by key, changes them: what is not given stays.
 * @throws InvalidInput with each fault: a domain of another account, an owner or parent who is not there, a circle
 */
export async function upsertAccounts(context: ConfigurationContext, input: unknown): Promise<UpsertedAccounts> {
  const entries = parse(schema, input, ['accounts']);
  return changeConfiguration(context, 'upsertAccounts', async (change) => {
    const known = await selectAccounts(
      change.client,
      change.workspaceId,
      entries.flatMap((entry) => (entry.parentKey == null ? [entry.key] : [entry.key, entry.parentKey])),
    );
    const before = new Map(known.map((account) => [account.key, account]));
    const ids = new Map(known.map(({ key, id }) => [key, id]));
    for (const { key } of entries) if (!ids.has(key)) ids.set(key, v7());
    const missing: Issue[] = [];
    const accounts = entries.map(({ parentKey, ...entry }, index): Account => {
      const former = before.get(entry.key);
      const merged = { ...ACCOUNT_DEFAULTS, ...former, ...given(entry), id: ids.get(entry.key) } as Account;
      const parentId = parentKey === undefined ? merged.parentId : (ids.get(parentKey ?? '') ?? null);
      if (parentKey != null && parentId === null) {
        missing.push({ path: ['accounts', index, 'parentKey'], message: `there is no account "${parentKey}"` });
      }
      return { ...merged, parentId, normalizedName: normalizeCompanyName(merged.name) };
    });
    const issues = await accountIssues(
      change,
      accounts,
      ['accounts'],
      await selectReps(change.client, change.workspaceId),
    );
    if (missing.length + issues.length > 0) throw new InvalidInput([...missing, ...issues]);
    // A nightly upload of a whole CRM mostly says what is known: that is neither written nor kept as history.
    const changed = accounts.filter((account) => !isDeepStrictEqual(account, before.get(account.key)));
    await saveAccounts(change, changed, (index) => [
      'accounts',
      accounts.indexOf(changed[index] as Account),
      'parentKey',
    ]);
    const created = changed.filter((account) => !before.has(account.key)).length;
    return { accounts, created, updated: changed.length - created };
  });
}

/** @throws Refusal NOT_FOUND; IN_USE while it is a parent */
export async function deleteAccount(context: ConfigurationContext, id: string): Promise<void> {
  await changeConfiguration(context, 'deleteAccount', async (change) => {
    const child = await change.client.query<{ key: string }>(
      'SELECT "key" FROM "Account" WHERE "workspaceId" = $1 AND "parentId" = $2 LIMIT 1',
      [change.workspaceId, id],
    );
    if (child.rows[0]) {
      throw new Refusal(
        'IN_USE',
        `It is the parent of the account "${child.rows[0].key}". Give that one another first.`,
      );
    }
    const { rowCount } = await change.execute(
      'accounts',
      'DELETE FROM "Account" WHERE "workspaceId" = $1 AND "id" = $2',
      [id],
    );
    if (rowCount === 0) throw new Refusal('NOT_FOUND', 'There is no such account.');
  });
}

/** What accounts break among each other and with what is stored: keys and domains twice, owners who are not there. */
export async function accountIssues(
  change: Change,
  accounts: readonly Account[],
  path: Issue['path'],
  reps: readonly Pick<Rep, 'id'>[],
): Promise<Issue[]> {
  const { client, workspaceId } = change;
  const issues: Issue[] = [];
  const repIds = new Set(reps.map(({ id }) => id));
  const taken = await client.query<{ domain: string; key: string }>(
    `SELECT d."domain", a."key" FROM "AccountDomain" d
     JOIN "Account" a ON a."workspaceId" = d."workspaceId" AND a."id" = d."accountId"
     WHERE d."workspaceId" = $1 AND d."domain" = ANY ($2) AND NOT a."id" = ANY ($3::uuid[])`,
    [workspaceId, accounts.flatMap(({ domains }) => domains), accounts.map(({ id }) => id)],
  );
  const owners = new Map(taken.rows.map((row) => [row.domain, row.key]));
  const keys = new Set<string>();
  for (const [index, account] of accounts.entries()) {
    if (keys.has(account.key))
      issues.push({ path: [...path, index, 'key'], message: `"${account.key}" stands here twice` });
    keys.add(account.key);
    if (account.ownerId !== null && !repIds.has(account.ownerId)) {
      issues.push({ path: [...path, index, 'ownerId'], message: 'there is no such rep' });
    }
    for (const domain of account.domains) {
      const other = owners.get(domain);
      if (other !== undefined && other !== account.key) {
        issues.push({ path: [...path, index, 'domains'], message: `"${domain}" belongs to the account "${other}"` });
      }
      owners.set(domain, account.key);
    }
  }
  return issues;
}

/**
 * Writes accounts with their domains: four statements for however many.
 * @param parentPath where a circle of parents is to be told
 * @throws InvalidInput for a circle
 */
export async function saveAccounts(
  change: Change,
  accounts: readonly Account[],
  parentPath: (index: number) => Issue['path'],
): Promise<void> {
  await change.save(
    'Account',
    accounts.map(({ domains: _, ...account }) => account),
  );
  if (accounts.length === 0) return;
  await change.execute(
    'accounts',
    'DELETE FROM "AccountDomain" WHERE "workspaceId" = $1 AND "accountId" = ANY ($2::uuid[])',
    [accounts.map(({ id }) => id)],
  );
  await change.execute(
    'accounts',
    `INSERT INTO "AccountDomain" ("workspaceId", "domain", "accountId")
     SELECT $1::uuid, d."domain", d."accountId" FROM json_to_recordset($2) AS d("domain" text, "accountId" uuid)`,
    [JSON.stringify(accounts.flatMap(({ id, domains }) => domains.map((domain) => ({ domain, accountId: id }))))],
  );
  await refuseCircles(change, accounts, parentPath);
}

async function refuseCircles(
  { client, workspaceId }: Change,
  accounts: readonly Account[],
  parentPath: (index: number) => Issue['path'],
): Promise<void> {
  const withParent = accounts.filter(({ parentId }) => parentId !== null).map(({ id }) => id);
  if (withParent.length === 0) return;
  const { rows } = await client.query<{ start: string }>(
    `WITH RECURSIVE up AS (
       SELECT "id" AS "start", "parentId" AS "at" FROM "Account" WHERE "workspaceId" = $1 AND "id" = ANY ($2::uuid[])
       UNION ALL
       SELECT up."start", a."parentId" FROM up JOIN "Account" a ON a."workspaceId" = $1 AND a."id" = up."at"
       WHERE up."at" <> up."start"
     ) CYCLE "at" SET "circle" USING "path"
     SELECT DISTINCT "start" FROM up WHERE "at" = "start"`,
    [workspaceId, withParent],
  );
  const inCircle = new Set(rows.map(({ start }) => start));
  const issues = accounts.flatMap(({ id }, index): Issue[] =>
    inCircle.has(id)
      ? [{ path: parentPath(index), message: 'leads round in a circle back to the account itself' }]
      : [],
  );
  if (issues.length > 0) throw new InvalidInput(issues);
}
