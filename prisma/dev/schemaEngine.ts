import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  type ColumnType,
  ColumnTypeEnum,
  type SqlDriverAdapter,
} from '@prisma/driver-adapter-utils';
import pg from 'pg';

/*
 * Prisma's schema engine as WebAssembly: an internal interface of Prisma's, kept to this one file. Nothing is
 * downloaded.
 */

const SCHEMA_PATH = fileURLToPath(new URL('../schema.prisma', import.meta.url));
/** PostgreSQL's "char", of which the adapter knows nothing, and text. */
const [CHAR_OID, TEXT_OID] = [18, 25];

/** An adapter on one connection that reads "char" columns and runs scripts in one piece. */
async function connect(url: string): Promise<SqlDriverAdapter> {
  const pool = new pg.Pool({ connectionString: url, max: 1, allowExitOnIdle: true });
  const adapter = await new PrismaPg(pool).connect();
  let charColumns: number[] = [];
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<pg.QueryResult>;
  Object.assign(pool, {
    query: async (...args: unknown[]) => {
      const result = await query(...args);
      charColumns = [];
      for (const [index, field] of (result.fields ?? []).entries()) {
        if (field.dataTypeID !== CHAR_OID) continue;
        field.dataTypeID = TEXT_OID;
        charColumns.push(index);
      }
      return result;
    },
  });
  const queryRaw = adapter.queryRaw.bind(adapter);
  return Object.assign(adapter, {
    queryRaw: async (...args: Parameters<SqlDriverAdapter['queryRaw']>) => {
      const result = await queryRaw(...args);
      for (const index of charColumns) (result.columnTypes as ColumnType[])[index] = ColumnTypeEnum.Character;
      return result;
    },
    // The adapter's own splits at every semicolon, also inside a function.
    executeScript: async (script: string) => void (await pool.query(script)),
    dispose: () => pool.end(),
  });
}

/**
 * What a migrated database lacks of prisma/schema.prisma, as SQL; empty when nothing.
 * Partial and expression indexes, checks, triggers and functions are not seen.
 */
export async function schemaDifference(url: string): Promise<string> {
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => console.error(message) },
  });
  const { SchemaEngine } = await import('@prisma/schema-engine-wasm');
  const schema = { path: SCHEMA_PATH, content: await readFile(SCHEMA_PATH, 'utf8') };
  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => connect(url),
    connectToShadowDb: () => Promise.reject(new Error('no shadow database is used')),
  });
  const engine = await SchemaEngine.new({ datamodels: [[schema.path, schema.content]] }, () => {}, factory);
  const result = await engine.diff({
    from: { tag: 'schemaDatasource', files: [schema], configDir: '.' },
    to: { tag: 'schemaDatamodel', files: [schema] },
    script: true,
    exitCode: true,
    filters: { externalTables: ['public._prisma_migrations'], externalEnums: [] },
  });
  return result.exitCode === 2 ? (result.stdout ?? 'unknown difference') : '';
}
