import { AUDIT_ACTIONS } from '../../audit/actions.ts';
import { type AuditedRow, type AuditVerification, verifyAuditLog } from '../../audit/auditLog.ts';
import type { AuditEntry, Prisma } from '../../db/generated/client.ts';
import { builder } from '../builder.ts';
import { connectionType, page, pageArgs, pageComplexity } from '../connection.ts';
import { signedIn } from '../context.ts';

const audit = { 'audit:read': true } as const;

/** With its number as one. */
type Entry = Omit<AuditEntry, 'number' | 'configVersion'> & {
  readonly number: number;
  readonly configVersion: number | null;
};

const AuditedRowRef = builder.objectRef<AuditedRow>('AuditedRow').implement({
  description: 'A thing of the configuration before and after it was changed.',
  authScopes: audit,
  fields: (t) => ({
    kind: t.exposeString('kind', { description: 'What it is: Rep, Pool, PoolMember, Territory, Account, ….' }),
    before: t.expose('before', { type: 'JSON', nullable: true, description: 'Null where it was made.' }),
    after: t.expose('after', { type: 'JSON', nullable: true, description: 'Null where it was removed.' }),
  }),
});

const AuditEntryRef = builder.objectRef<Entry>('AuditEntry').implement({
  description: 'Who did what, and when. Never changed after it was written.',
  authScopes: audit,
  fields: (t) => ({
    number: t.expose('number', { type: 'SequenceNumber', description: 'From 1, in commit order, without gaps.' }),
    at: t.expose('at', { type: 'DateTime' }),
    by: t.exposeString('by', {
      description: '`key:<keyId>`, `user:<subject>`, `command line`; `start` or `upkeep` for the server itself.',
    }),
    action: t.exposeString('action', {
      description: 'The mutation by its name; or applyConfiguration, ensureAdminKey, raiseReviews.',
    }),
    requestId: t.exposeString('requestId', {
      nullable: true,
      description: 'Of the call, as in the log and the header x-request-id; null for what the server does by itself.',
    }),
    details: t.expose('details', {
      type: 'JSON',
      nullable: true,
      description: 'What there is to say beyond the things changed.',
    }),
    changed: t.int({
      description: 'How many things of the configuration were changed.',
      resolve: async ({ configVersion }, _args, { loaders }) =>
        configVersion === null ? 0 : (await loaders.auditedRows.load(configVersion)).count,
    }),
    changes: t.field({
      type: [AuditedRowRef],
      description: 'The first hundred of them.',
      resolve: async ({ configVersion }, _args, { loaders }) =>
        configVersion === null ? [] : [...(await loaders.auditedRows.load(configVersion)).rows],
    }),
    hash: t.string({
      description: 'SHA-256 over the hash before it and this entry, in hexadecimal.',
      resolve: ({ hash }) => Buffer.from(hash).toString('hex'),
    }),
  }),
});

const AuditEntryConnection = connectionType('AuditEntry', AuditEntryRef);

const AuditFilter = builder.inputType('AuditFilter', {
  description: 'All that is given must hold.',
  fields: (t) => ({
    action: t.string({ description: `One of ${AUDIT_ACTIONS.join(', ')}.` }),
    by: t.string(),
    from: t.field({ type: 'DateTime', description: 'Included.' }),
    to: t.field({ type: 'DateTime', description: 'Not included.' }),
  }),
});

/** What PostgreSQL refuses to be asked for is found nowhere. */
const asked = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\ufffd');

const filterWhere = ({ action, by, from, to }: typeof AuditFilter.$inferInput): Prisma.AuditEntryWhereInput => ({
  ...(action == null ? {} : { action: asked(action) }),
  ...(by == null ? {} : { by: asked(by) }),
  ...(from == null && to == null
    ? {}
    : { at: { ...(from == null ? {} : { gte: from }), ...(to == null ? {} : { lt: to }) } }),
});

builder.queryField('auditLog', (t) =>
  t.field({
    type: AuditEntryConnection,
    description: 'What was changed in the workspace, newest first.',
    authScopes: audit,
    complexity: pageComplexity,
    args: { ...pageArgs, filter: t.arg({ type: AuditFilter }) },
    resolve: (_root, { filter, ...args }, context) => {
      const { workspaceId } = signedIn(context);
      const wanted = filterWhere(filter ?? {});
      return page(args, { workspaceId, field: 'number', direction: 'desc' }, async ({ where, ...query }) => {
        const conditions = { workspaceId, AND: [wanted, where] };
        const rows = await context.database.prisma.auditEntry.findMany({ where: conditions, ...query });
        return rows.map((row): Entry => {
          const configVersion = row.configVersion === null ? null : Number(row.configVersion);
          return { ...row, number: Number(row.number), configVersion };
        });
      });
    },
  }),
);

const AuditFaultRef = builder.enumType('AuditFault', {
  values: {
    CHANGED: { description: 'The entry or its hash is another than was written.' },
    MISSING: { description: 'The entry is not there.' },
  },
});

const BadAuditEntry = builder.objectRef<NonNullable<AuditVerification['firstBad']>>('BadAuditEntry').implement({
  authScopes: audit,
  fields: (t) => ({
    number: t.expose('number', { type: 'SequenceNumber' }),
    fault: t.expose('fault', { type: AuditFaultRef }),
  }),
});

const AuditVerificationRef = builder.objectRef<AuditVerification>('AuditVerification').implement({
  description: 'Whether the audit log is as it was written.',
  authScopes: audit,
  fields: (t) => ({
    entries: t.exposeInt('entries'),
    lastHash: t.exposeString('lastHash', {
      nullable: true,
      description:
        'Of the last entry, in hexadecimal; null for an empty log. Kept elsewhere, it shows a log that somebody has made anew from some entry on.',
    }),
    firstBad: t.expose('firstBad', {
      type: BadAuditEntry,
      nullable: true,
      description: 'The first entry that is not as it was written; null when all are.',
    }),
  }),
});

builder.queryField('verifyAuditLog', (t) =>
  t.field({
    type: AuditVerificationRef,
    description: 'Reads the whole audit log and makes each hash again.',
    authScopes: audit,
    complexity: 1_000,
    resolve: (_root, _args, context) => verifyAuditLog(context.database.pool, signedIn(context).workspaceId),
  }),
);
