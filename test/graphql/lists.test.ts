import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly key: string } }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string;
    readonly endCursor: string;
  };
}

let app: TestApp;
/** Keys of all reps, in order. */
let keys: string[];

beforeAll(async () => {
  app = await startTestApp();
  await app.apply(onePool(59));
  const reps = await app.database.prisma.rep.findMany({ orderBy: { key: 'asc' } });
  keys = reps.map(({ key }) => key);
});
afterAll(() => app.stop());

const ask = (args: object) =>
  app.send<{ reps: Page }>(
    `query ($first: Int, $after: String, $last: Int, $before: String) {
      reps(first: $first, after: $after, last: $last, before: $before) {
        edges { cursor node { key } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`,
    args,
  );
async function page(args: object): Promise<Page> {
  const { data, errors } = await ask(args);
  return data?.reps ?? expect.fail(JSON.stringify(errors));
}
const keysOf = ({ edges }: Page): string[] => edges.map(({ node }) => node.key);

describe('a list', () => {
  test('gives 25 unless told, and at most 100', async () => {
    expect(keysOf(await page({}))).toEqual(keys.slice(0, 25));
    expect(keysOf(await page({ first: 100 }))).toEqual(keys);
  });

  test('is read forwards and backwards, each entry once', async () => {
    const forwards: string[] = [];
    let at = await page({ first: 7 });
    expect(at.pageInfo.hasPreviousPage).toBe(false);
    for (;;) {
      forwards.push(...keysOf(at));
      if (!at.pageInfo.hasNextPage) break;
      at = await page({ first: 7, after: at.pageInfo.endCursor });
      expect(at.pageInfo.hasPreviousPage).toBe(true);
    }
    expect(forwards).toEqual(keys);

    const backwards: string[] = [];
    at = await page({ last: 7 });
    expect(at.pageInfo.hasNextPage).toBe(false);
    for (;;) {
      backwards.unshift(...keysOf(at));
      if (!at.pageInfo.hasPreviousPage) break;
      at = await page({ last: 7, before: at.pageInfo.startCursor });
      expect(at.pageInfo.hasNextPage).toBe(true);
    }
    expect(backwards).toEqual(keys);
  });

  test('gives what lies between two cursors', async () => {
    const { edges } = await page({ first: 10 });
    const between = await page({ first: 100, after: edges[2]?.cursor, before: edges[6]?.cursor });
    expect(keysOf(between)).toEqual(keys.slice(3, 6));
  });

  test('goes on in its place when an entry comes in before it, and when the one at its cursor goes', async () => {
    const { pageInfo } = await page({ first: 10 });
    const create =
      'mutation ($key: String!, $email: String!) { createRep(input: { key: $key, name: "N", email: $email }) { ... on CreateRepSuccess { rep { id } } } }';
    const { data } = await app.send<{ createRep: { rep: { id: string } } }>(create, {
      key: 'aaa',
      email: 'aaa@fairlead.example',
    });
    const next = await page({ first: 10, after: pageInfo.endCursor });
    expect(keysOf(next)).toEqual(keys.slice(10, 20));
    const first = await page({ first: 1 });
    expect(keysOf(first)).toEqual(['aaa']);
    await app.send('mutation ($id: ID!) { deleteRep(input: { id: $id }) { __typename } }', {
      id: data?.createRep.rep.id,
    });
    expect(keysOf(await page({ first: 3, after: first.pageInfo.endCursor }))).toEqual(keys.slice(0, 3));
  });

  test('refuses a size beyond its limits, naming them', async () => {
    for (const args of [{ first: -1 }, { first: 0 }, { first: 101 }, { first: 1e9 }, { last: -1 }, { last: 101 }]) {
      const { data, errors } = await ask(args);
      const size = Object.entries(args)[0] as [string, number];
      expect([args, data ?? null, errors]).toMatchObject([
        args,
        null,
        [
          {
            path: ['reps'],
            message: `${size[0]} must be from 1 to 100; this is ${size[1]}.`,
            extensions: { code: 'INVALID_INPUT' },
          },
        ],
      ]);
    }
    expect((await ask({ first: 1, last: 1 })).errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }]);
    expect((await ask({ first: 1e10 })).status).toBe(400);
  });
});

describe('a cursor', () => {
  const lists = { reps: 'key', leads: 'id', planVersions: 'version' } as const;
  const forge = (cursor: string, position: string): string => {
    const [workspace, field] = Buffer.from(cursor, 'base64url').toString().split(':');
    return Buffer.from(`${workspace}:${field}:${position}`).toString('base64url');
  };

  test('does not show the workspace’s id', async () => {
    const text = Buffer.from((await page({ first: 1 })).pageInfo.endCursor, 'base64url').toString();
    expect(text).not.toContain(app.workspaceId);
    expect(text).not.toContain(app.workspaceId.slice(0, 8));
  });

  for (const [list, field] of Object.entries(lists)) {
    test(`of ${list} that is forged is refused as INVALID_CURSOR at its path`, async () => {
      await app.send('mutation { submitLead(input: { lead: {} }) { __typename } }');
      const { data } = await app.send<Record<string, { pageInfo: { endCursor: string } }>>(
        `{ ${list} { pageInfo { endCursor } } }`,
      );
      const good = data?.[list]?.pageInfo.endCursor ?? '';
      const query = `query ($after: String) { ${list}(after: $after) { edges { cursor } } }`;
      expect((await app.send(query, { after: good })).errors).toEqual([]);
      const positions = ['', 'x', 'null', '{}', '[]', 'true', '1.5', '1e300', '4294967296', '"\\u0000"'];
      const wrong = [...positions, field === 'version' ? '"1"' : '1', ...(field === 'id' ? ['"x"', '"01a20ab8"'] : [])];
      const forged = [
        '',
        'x',
        '\u0000',
        'x'.repeat(10_000),
        `${good}x`.repeat(2),
        ...wrong.map((position) => forge(good, position)),
      ];
      for (const after of forged) {
        const { errors } = await app.send(query, { after });
        expect([after, errors]).toMatchObject([after, [{ path: [list], extensions: { code: 'INVALID_CURSOR' } }]]);
      }
      const other = Buffer.from(Buffer.from(good, 'base64url').toString().replace(`:${field}:`, ':name:')).toString(
        'base64url',
      );
      expect((await app.send(query, { after: other })).errors).toMatchObject([
        { extensions: { code: 'INVALID_CURSOR' } },
      ]);
    });
  }
});
