import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { TEMPLATE } from './globalSetup.ts';

export interface TestDatabase {
  /** As a server gets it. */
  readonly url: string;
  /** Directly, as the owner of the tables. */
  readonly ownerUrl: string;
  /** Does what the user of a server may not. */
  asOwner(text: string, values?: readonly unknown[]): Promise<void>;
  drop(): Promise<void>;
}

async function query(connectionString: string, text: string, values: readonly unknown[] = []): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(text, [...values]);
  } finally {
    await client.end();
  }
}

const asAdmin = (text: string): Promise<void> => query(inject('serverUrl'), text);

const withPath = (server: string, name: string): string => {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
};

/** A migrated database of the test's own. @param template false for one without any table, whose owner servers are */
export async function createTestDatabase({ template = true } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  for (;;) {
    try {
      await asAdmin(template ? `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}` : `CREATE DATABASE ${name}`);
      break;
    } catch (error) {
      // 55006: another file is copying the template at this moment.
      if ((error as { code?: string }).code !== '55006') throw error;
    }
  }
  const ownerUrl = withPath(inject('serverUrl'), name);
  return {
    url: template ? withPath(inject('appUrl'), name) : ownerUrl,
    ownerUrl,
    asOwner: (text, values) => query(ownerUrl, text, values),
    drop: async () => {
      for (;;) {
        try {
          return await asAdmin(`DROP DATABASE ${name} WITH (FORCE)`);
        } catch (error) {
          // 42501: PostgreSQL itself is cleaning up in it, which who is no superuser may not end.
          if ((error as { code?: string }).code !== '42501') throw error;
        }
      }
    },
  };
}
