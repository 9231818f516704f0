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
      .strictObject({ key: accountKey, ...accountFields, ownerId: z.string().nullable() })
      .partial()
      .required({ key: true, name: true, kind: true }),
  )
  .max(LIMITS.accountsPerCall, {
    error: `has more than ${LIMITS.accountsPerCall} accounts; send them in several calls`,
  });

export interface UpsertedAccounts {
  /** In the order of the input. */
  readonly accounts: readonly Account[];
  readonly created: number;
  readonly updated: number;
}

/**
 * Creates accounts or, by key, changes them: what is not given stays.
 * @throws InvalidInput; Refusal KEY_TAKEN (a domain of another account), NOT_FOUND (owner)
 */
export async function upsertAccounts(context: ConfigurationContext, input: unknown): Promise<UpsertedAccounts> {
  const entries = parse(schema, input, ['accounts']);
  return changeConfiguration(context, async (change) => {
    const known = await selectAccounts(
      change.client,
      change.workspaceId,
      entries.map((entry) => entry.key),
    );
    const before = new Map(known.map((account) => [account.key, account]));
    const accounts = entries.map((entry): Account => {
      const merged = { id: v7(), ownerId: null, domains: [], ...before.get(entry.key), ...given(entry) } as Account;
      return { ...merged, normalizedName: normalizeCompanyName(merged.name) };
    });
    const issues = await accountIssues(
      change,
      accounts,
      ['accounts'],
      await selectReps(change.client, change.workspaceId),
    );
    if (issues.length > 0) throw new InvalidInput(issues);
    await saveAccounts(change, accounts);
    const created = accounts.filter((account) => !before.has(account.key)).length;
    return { accounts, created, updated: accounts.length - created };
  });
}

/** @throws Refusal NOT_FOUND */
export async function deleteAccount(context: ConfigurationContext, id: string): Promise<void> {
  await changeConfiguration(context, async (change) => {
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

/** Writes accounts with their domains: three statements for however many. */
export async function saveAccounts(change: Change, accounts: readonly Account[]): Promise<void> {
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
}
