import { parseDocument } from 'yaml';
import { z } from 'zod';
import { InvalidInput, type Issue } from '../domain/errors.ts';
import { accountKey } from './accounts.ts';
import {
  accountFields,
  key,
  LIMITS,
  memberFields,
  metroFields,
  parse,
  poolFields,
  queueFields,
  repFields,
  settingFields,
  territoryFields,
} from './inputs.ts';
import { planFields } from './plans.ts';
import { conditionSchema } from './segments.ts';
import { policyFields } from './slaPolicies.ts';

/*
 * A whole company as a file: things refer to each other by key, there are no ids and no secrets in it, and what is left
 * out of a thing has its default.
 */

export const API_VERSION = 'fairlead/v1';

const list = <Schema extends z.ZodType>(entry: Schema, max: number) =>
  z
    .array(entry)
    .max(max, { error: `has more than ${max.toLocaleString('en')} entries` })
    .default([]);

const MAX_THINGS = 100_000;

const repSchema = z
  .strictObject({ key, ...repFields, manager: key.nullable(), backup: key.nullable() })
  .partial()
  .required({ key: true, name: true, email: true });

const poolSchema = z
  .strictObject({
    key,
    ...poolFields,
    members: list(
      z
        .strictObject({ rep: key, ...memberFields })
        .partial()
        .required({ rep: true }),
      LIMITS.poolMembers,
    ),
  })
  .partial()
  .required({ key: true, name: true, strategy: true });

export const territorySchema = z
  .strictObject({ key, ...territoryFields, parent: key.nullable(), rep: key.nullable(), pool: key.nullable() })
  .partial()
  .required({ key: true, name: true });

const metroSchema = z
  .strictObject({ key, ...metroFields })
  .partial()
  .required({ key: true, name: true, country: true });

const accountSchema = z
  .strictObject({ key: accountKey, ...accountFields, owner: key.nullable(), parent: accountKey.nullable() })
  .partial()
  .required({ key: true, name: true, kind: true });

const queueSchema = z
  .strictObject({ key, ...queueFields, pool: key, responsible: key })
  .partial()
  .required({ key: true, name: true, pool: true, responsible: true });

const policySchema = z
  .strictObject({ key, ...policyFields })
  .partial()
  .required({ key: true, name: true, rungs: true });

export const companySchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Company'),
  workspace: z.strictObject(settingFields).partial().default({}),
  reps: list(repSchema, MAX_THINGS),
  pools: list(poolSchema, MAX_THINGS),
  metros: list(metroSchema, LIMITS.metros),
  territories: list(territorySchema, MAX_THINGS),
  accounts: list(accountSchema, MAX_THINGS),
  segments: list(z.strictObject({ key, name: repFields.name, condition: conditionSchema }), MAX_THINGS),
  queues: list(queueSchema, LIMITS.queues),
  slaPolicies: list(policySchema, LIMITS.slaPolicies),
  plan: z.strictObject(planFields).optional(),
});

export type Company = z.output<typeof companySchema>;

const MAX_BYTES = 5 * 1024 * 1024;
/** An alias that refers to aliases can make a small file unfold without end. */
const MAX_ALIASES = 100;

/**
 * Reads a company's file.
 * @param text YAML, at most 5 MiB
 * @throws InvalidInput with all faults at once, each with its place
 */
export function parseCompany(text: string): Company {
  refuseUnreadable(text, [], '; accounts can be sent by upsertAccounts instead');
  return parse(companySchema, readYaml(text, []));
}

/**
 * Refuses a text that is too large, or in which characters were lost on the way: it was read as UTF-8 and is something
 * else, and names would be stored maimed.
 * @param hint what to do about a large one
 * @throws InvalidInput
 */
export function refuseUnreadable(text: string, path: Issue['path'], hint = ''): void {
  if (Buffer.byteLength(text) > MAX_BYTES) throw new InvalidInput([{ path, message: `is larger than 5 MiB${hint}` }]);
  const lost = text.search(/[\uFFFD\0]/);
  if (lost < 0) return;
  const line = text.slice(0, lost).split(/\r\n|\n|\r/).length;
  const message = `is not UTF-8: line ${line} has a character that could not be read. Save the file as UTF-8 (Excel: “CSV UTF-8”)`;
  throw new InvalidInput([{ path, message }]);
}

/** @throws InvalidInput with all that keeps it from being YAML */
export function readYaml(text: string, path: Issue['path']): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  const faults = document.errors.map(({ message }) => (message.split('\n')[0] ?? 'is no YAML').replace(/:$/, ''));
  if (faults.length > 0) throw new InvalidInput(faults.map((message) => ({ path, message })));
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    throw new InvalidInput([{ path, message: (error as Error).message }]);
  }
}
