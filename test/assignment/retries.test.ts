import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { books, IN_ORDER } from '../support/books.ts';
import { onePool } from '../support/companies.ts';
import { openWorkspace, type TestWorkspace } from '../support/workspace.ts';

let app: TestApp;
let workspace: TestWorkspace;
beforeAll(async () => {
  app = await startTestApp();
  await app.testDatabase.asOwner(`
    CREATE SEQUENCE stumbled;
    GRANT ALL ON SEQUENCE stumbled TO PUBLIC;
    CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF nextval('stumbled') <= TG_ARGV[0]::int THEN RAISE EXCEPTION 'stumbled' USING ERRCODE = TG_ARGV[1]; END IF;
      RETURN NULL;
    END $$`);
  workspace = await openWorkspace(app, onePool(3));
});
afterAll(() => app.stop());

/** What is written last in a transaction under the lane: of a batch, and of a change of the configuration. */
const LAST = { batch: 'Event', change: 'ConfigVersion' } as const;
type Place = keyof typeof LAST;

/** Lets so many transactions fail at their end, the way PostgreSQL lets them fail. */
async function stumble(place: Place, times: number, code: string): Promise<void> {
  await app.testDatabase.asOwner(`
    ALTER SEQUENCE stumbled RESTART;
    CREATE TRIGGER stumble AFTER INSERT ON "${LAST[place]}" EXECUTE FUNCTION stumble('${times}', '${code}')`);
}

const tries = async (): Promise<number> =>
  Number((await app.database.pool.query('SELECT "last_value" FROM stumbled')).rows[0].last_value);

beforeEach(() => async () => {
  for (const table of Object.values(LAST)) {
    await app.testDatabase.asOwner(`DROP TRIGGER IF EXISTS stumble ON "${table}"`);
  }
});

let people = 0;
const someone = (): object => ({ email: `p${++people}@client.example` });
let names = 0;
const rename = () =>
  workspace.mutate('updateRep', { id: workspace.rep('rep-1'), name: `Rep ${++names}` }, 'rep { key }');

describe.each(['40001', '40P01', '55P03'])('a transaction that fails with %s', (code) => {
  test('is tried again as a whole: leads have one owner each, in turn, and all that is counted is right', async () => {
    const before = await workspace.count('Assignment');
    await stumble('batch', 3, code);
    const owners = [(await workspace.submit(someone())).owner];
    expect(await tries()).toBe(4);
    for (let count = 0; count < 2; count += 1) owners.push((await workspace.submit(someone())).owner);
    expect(new Set(owners).size).toBe(3);
    expect(await workspace.count('Assignment')).toBe(before + 3);
    expect(await books(app, workspace.id)).toEqual(IN_ORDER);
  });

  test('is tried again where it changes the configuration', async () => {
    await stumble('change', 3, code);
    expect(await rename()).toEqual({ rep: { key: 'rep-1' } });
    expect(await tries()).toBe(4);
  });
});

describe('a transaction that goes on failing', () => {
  test('is given up after five tries, not lead by lead: its callers are told to come again, and nothing is stored', async () => {
    const before = await workspace.count('Lead');
    await stumble('batch', 1_000_000, '40001');
    const answers = Array.from({ length: 30 }, () =>
      workspace.submit(someone()).catch((error: Error) => error.message),
    );
    expect(new Set((await Promise.all(answers)).map(String))).toEqual(
      new Set([expect.stringContaining('Repeat the call')]),
    );
    expect(await tries()).toBeLessThanOrEqual(10);
    expect(await workspace.count('Lead')).toBe(before);
  });

  test('is UNAVAILABLE where it changes the configuration, too', async () => {
    await stumble('change', 1_000_000, '40P01');
    const query = 'mutation ($input: UpdateRepInput!) { updateRep(input: $input) { __typename } }';
    const { errors } = await workspace.send(query, { input: { id: workspace.rep('rep-1'), name: 'Other' } });
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
    expect(await tries()).toBe(5);
  });
});
