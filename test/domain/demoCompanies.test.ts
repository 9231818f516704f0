import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Company, parseCompany } from '../../src/configuration/file.ts';
import type { Account, Pool, PoolMember, Queue, Rep, Territory } from '../../src/domain/configuration.ts';
import { LEAD_FIELDS } from '../../src/domain/fields.ts';
import { regionsOf } from '../../src/intake/leadInput.ts';
import { lint } from '../support/lint.ts';
import { account, pool, queue, rep, type Setting, territory } from '../support/routing.ts';

/** A company's file as configuration, with keys for ids. */
const settingOf = (company: Company): Setting => ({
  settings: company.workspace as NonNullable<Setting['settings']>,
  reps: company.reps.map(({ manager, backup, ...fields }) =>
    rep(fields.key, { ...(fields as Partial<Rep>), managerId: manager ?? null, backupId: backup ?? null }),
  ),
  pools: company.pools.map(({ members = [], ...fields }) =>
    pool(
      fields.key,
      members.map(({ rep: repId, ...member }) => ({ ...(member as Partial<PoolMember>), repId })),
      fields as Partial<Pool>,
    ),
  ),
  territories: company.territories.map(({ parent, rep: repId, pool: poolId, ...fields }) =>
    territory(fields.key, {
      ...(fields as Partial<Territory>),
      parentId: parent ?? null,
      repId: repId ?? null,
      poolId: poolId ?? null,
    }),
  ),
  accounts: company.accounts.map(({ owner, parent, ...fields }) =>
    account(fields.key, { ...(fields as Partial<Account>), ownerId: owner ?? null, parentId: parent ?? null }),
  ),
  queues: company.queues.map(({ pool: poolId, responsible, ...fields }) =>
    queue(fields.key, { ...(fields as Partial<Queue>), poolId, responsibleId: responsible }),
  ),
  segments: company.segments.map((segment) => ({ ...segment, id: segment.key })),
  plan: company.plan as NonNullable<Setting['plan']>,
});

test.each<[string, string[]]>([
  ['geographic', ['TERRITORY_GAP territories: in US nobody has US-AS, US-DC, US-GU, US-MP, US-PR, US-UM, US-VI']],
  ['verticals', []],
  ['segments', []],
])('of demo/%s.yaml is said what is so, and nothing else', (name, warnings) => {
  const setting = settingOf(parseCompany(readFileSync(`demo/${name}.yaml`, 'utf8')));
  expect(setting.plan?.steps?.length).toBeGreaterThan(2);
  const filled = new Set(Object.keys(LEAD_FIELDS));
  expect(lint(setting, { filled, regionsOf })).toEqual({ errors: [], warnings });
});
