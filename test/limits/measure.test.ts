import fc from 'fast-check';
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { addressOf } from '../../src/limits/address.ts';
import { measure, objectsOf } from '../../src/limits/measure.ts';

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { value };
  return value;
};

describe('variables', () => {
  test.each<[string, unknown, ReturnType<typeof measure>]>([
    ['nothing', undefined, { depth: 0, entries: 0, characters: 0 }],
    ['a number', 5, { depth: 0, entries: 0, characters: 0 }],
    ['null', { a: null }, { depth: 1, entries: 0, characters: 1 }],
    ['lists in lists', { leads: [[1, 2], [3]] }, { depth: 3, entries: 5, characters: 5 }],
    ['texts', { name: 'abc', other: ['de'] }, { depth: 2, entries: 1, characters: 14 }],
  ])('%s', (_what, value, measured) => {
    expect(measure(value, 64)).toEqual(measured);
  });

  test.each([0, 1, 63, 64])('%d deep are as deep', (depth) => {
    expect(measure(nested(depth), 64).depth).toBe(depth);
  });

  test('deeper than is looked at are told to be deeper, without looking', () => {
    expect(measure(nested(65), 64).depth).toBeGreaterThan(64);
    expect(measure(nested(100_000), 64)).toEqual({ ...measure(nested(100_000), 64), depth: 65 });
  });

  test('have as many entries as their lists', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer(), { maxLength: 5 }), { maxLength: 20 }), (lists) => {
        expect(measure({ lists }, 64).entries).toBe(lists.length + lists.flat().length);
      }),
    );
  });
});

describe('objects of an operation', () => {
  test.each<[string, object, number]>([
    ['{ leads { edges { node { id } } } }', { first: 100, filter: { status: ['LOST', 'WON'] } }, 0],
    ['subscription { feed { number } }', {}, 0],
    ['mutation ($i: I!) { submitLead(input: $i) { id } }', { i: { lead: { email: 'a@b.example' } } }, 1],
    ['mutation ($i: I!) { submitLeads(input: $i) { id } }', { i: { leads: Array(500).fill({ lead: {} }) } }, 501],
    ['mutation { a: submitLead { id } b: submitLead { id } }', {}, 2],
    ['mutation { submitLeads(input: { leads: [{}, {}, {}] }) { id } }', {}, 4],
    ['mutation ($i: I!) { importTerritories(input: $i) { id } }', { i: { table: 'x'.repeat(50_000) } }, 51],
    ['mutation { ...m } fragment m on Mutation { submitLead { id } }', {}, 1],
    ['{ simulatePlan { id } }', {}, 1_000],
    ['mutation { createApiKey { id } }', {}, 100],
  ])('%s', (document, variables, objects) => {
    expect(objectsOf(parse(document), measure(variables, 64))).toBe(objects);
  });
});

describe('the address of a request', () => {
  const of = (peer: string | undefined, forwarded: string | string[] | undefined, proxies: number): string =>
    addressOf({ socket: { remoteAddress: peer }, headers: { 'x-forwarded-for': forwarded } } as never, proxies);

  test.each<[string, string | undefined, string | string[] | undefined, number, string]>([
    ['is that of the peer', '203.0.113.7', undefined, 0, '203.0.113.7'],
    ['is not what somebody writes, without a proxy', '203.0.113.7', '1.2.3.4', 0, '203.0.113.7'],
    ['is what the proxy has appended', '10.0.0.1', '1.2.3.4, 203.0.113.7', 1, '203.0.113.7'],
    ['is what the first of two proxies has appended', '10.0.0.1', '6.6.6.6, 203.0.113.7, 10.0.0.2', 2, '203.0.113.7'],
    ['is the peer’s where too few have appended', '10.0.0.1', '203.0.113.7', 2, '10.0.0.1'],
    ['is the peer’s where what was appended is none', '10.0.0.1', 'somebody', 1, '10.0.0.1'],
    ['is the peer’s where nothing was', '10.0.0.1', undefined, 1, '10.0.0.1'],
    ['comes from the last of several headers', '10.0.0.1', ['1.2.3.4', '203.0.113.7'] as string[], 1, '203.0.113.7'],
    ['is the IPv4 one in an IPv6 one', '::ffff:203.0.113.7', undefined, 0, '203.0.113.7'],
    ['is the network of an IPv6 one', '2001:db8:1:2:3:4:5:6', undefined, 0, '2001:db8:1:2::/64'],
    ['is told to be unknown where there is none', undefined, undefined, 0, 'unknown'],
  ])('%s', (_what, peer, forwarded, proxies, address) => {
    expect(of(peer, forwarded, proxies)).toBe(address);
  });
});
