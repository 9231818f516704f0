import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './program.ts';
import { until } from './until.ts';

/* A real CalDAV server, the package `radicale` of Debian, in a folder of its own. */

export const hasRadicale = spawnSync('radicale', ['--version']).status === 0;

export const USER = { username: 'ada', password: 'pass:word é' } as const;

export interface Radicale extends AsyncDisposable {
  readonly url: string;
  /** Makes a calendar of the user’s and gives its address. */
  addCalendar(name: string, component?: 'VEVENT' | 'VTODO'): Promise<string>;
  /** @param calendar its address */
  put(calendar: string, text: string): Promise<void>;
}

export async function startRadicale(): Promise<Radicale> {
  if (!hasRadicale) throw new Error('radicale is missing: apt-get install radicale');
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-radicale-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const users = join(folder, 'users');
  await writeFile(users, `${USER.username}:${USER.password}\n`);
  const config = join(folder, 'config');
  await writeFile(
    config,
    [
      '[server]',
      `hosts = 127.0.0.1:${port}`,
      '[auth]',
      'type = htpasswd',
      `htpasswd_filename = ${users}`,
      'htpasswd_encryption = plain',
      'delay = 0',
      '[storage]',
      `filesystem_folder = ${join(folder, 'collections')}`,
      '[rights]',
      'type = owner_only',
    ].join('\n'),
  );
  const child = spawn('radicale', ['--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const isReady = () =>
    fetch(url, { redirect: 'manual' }).then(
      () => true,
      () => {
        if (child.exitCode !== null) throw new Error(`radicale ended: ${output}`);
        return false;
      },
    );
  await until(isReady, 'radicale answers');
  const authorization = `Basic ${Buffer.from(`${USER.username}:${USER.password}`).toString('base64')}`;
  const send = async (method: string, address: string, type: string, body: string): Promise<void> => {
    const response = await fetch(address, { method, headers: { authorization, 'content-type': type }, body });
    if (!response.ok) throw new Error(`${method} ${address}: ${response.status} ${await response.text()}`);
  };
  return {
    url,
    addCalendar: async (name, component = 'VEVENT') => {
      const address = `${url}/${USER.username}/${name}/`;
      await send(
        'MKCALENDAR',
        address,
        'application/xml',
        `<?xml version="1.0"?>
<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>
<C:supported-calendar-component-set><C:comp name="${component}"/></C:supported-calendar-component-set>
</D:prop></D:set></C:mkcalendar>`,
      );
      return address;
    },
    put: (calendar, text) => send('PUT', `${calendar}${randomUUID()}.ics`, 'text/calendar; charset=utf-8', text),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
