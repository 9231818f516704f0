import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig, SETTING_NAMES } from '../src/config.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

interface Service {
  readonly build?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly ports?: readonly string[];
  readonly stop_grace_period?: string;
}

const { services } = parse(read('compose.yaml'), { merge: true }) as { services: Record<string, Service> };
const servers = Object.entries(services).filter(([, { build }]) => build === '.');

/** As compose fills in `${NAME:-…}` and `${NAME:?…}`. */
const filledIn = (text: string): string =>
  text.replace(/\$\{\w+:([-?])([^}]*)\}/g, (_all, sign, rest) => (sign === '-' ? rest : 'secret'));

test('compose.yaml starts two servers, each at a port of its own, with settings that there are', () => {
  expect(servers).toHaveLength(2);
  expect(new Set(servers.flatMap(([, { ports }]) => ports)).size).toBe(2);
  for (const [, { environment = {} }] of servers) {
    const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filledIn(value)]));
    expect(SETTING_NAMES).toEqual(expect.arrayContaining(Object.keys(env)));
    expect(readConfig(env).databaseUrl).toMatch(/^postgresql:\/\/fairlead:secret@postgres:/);
    // Every host named is a service.
    for (const value of Object.values(env).filter((each) => each.includes('://'))) {
      expect(Object.keys(services)).toContain(new URL(value).hostname);
    }
  }
});

test('a server is given more time to drain than it takes', () => {
  for (const [, { stop_grace_period = '' }] of servers)
    expect(Number.parseInt(stop_grace_period, 10)).toBeGreaterThan(10);
});

test('the Dockerfile copies what is there and not ignored, sets settings that there are, and does not run as root', () => {
  const lines = read('Dockerfile').split('\n');
  const ignored = read('.dockerignore').split('\n');
  const copied = lines
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
    .flatMap((line) => line.split(' ').slice(1, -1));
  expect(copied).toContain('src');
  for (const name of copied) {
    expect(globSync(name, { cwd: ROOT })).toEqual([name]);
    expect(ignored).toContain(`!${name}`);
  }
  const set = lines.filter((line) => line.startsWith('ENV ')).flatMap((line) => line.match(/\w+(?==)/g) ?? []);
  expect([...SETTING_NAMES, 'NODE_ENV']).toEqual(expect.arrayContaining(set));
  expect(lines).toContain('USER node');
});

test('the image’s Node is the one that is tested with', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } };
  const images = read('Dockerfile').match(/(?<=^FROM node:)\d+/gm);
  expect(images).toEqual([devDependencies.node.split('.')[0], devDependencies.node.split('.')[0]]);
});
