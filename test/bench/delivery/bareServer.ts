import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { type WebSocket, WebSocketServer } from 'ws';
import { settledRss } from './memory.ts';

/*
 * What Fairlead's delivery is compared with: a bare `ws` server without rules, rights, resuming or GraphQL. A POST is
 * one INSERT, whose bytes then go to one socket; told to broadcast, it sends the same bytes to all.
 */

export type ToBare =
  | { readonly do: 'memory' }
  /** What each POST stores and sends; `{number}` in it becomes the row's. */
  | { readonly do: 'prepare'; readonly text: string }
  | { readonly do: 'broadcast'; readonly events: number; readonly text: string; readonly paced: boolean };

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 20 });
await pool.query('CREATE TABLE IF NOT EXISTS "Bare" ("number" bigserial PRIMARY KEY, "text" text)');

const sockets: WebSocket[] = [];
let text = '';
const insert = async (): Promise<number> =>
  Number((await pool.query('INSERT INTO "Bare" ("text") VALUES ($1) RETURNING "number"', [text])).rows[0].number);

const server = createServer((request, response) => {
  request.resume().on('end', async () => {
    const number = await insert();
    sockets[number % sockets.length]?.send(text.replace('{number}', String(number)));
    response.end('{}');
  });
});
const webSockets = new WebSocketServer({ server });
webSockets.on('connection', (socket) => {
  sockets.push(socket);
  socket.on('close', () => sockets.splice(sockets.indexOf(socket), 1));
});

process.on('message', async (message: ToBare) => {
  switch (message.do) {
    case 'memory':
      process.send?.({ rss: await settledRss() });
      return;
    case 'prepare':
      text = message.text;
      process.send?.({});
      return;
    case 'broadcast': {
      const bytes = Buffer.from(message.text);
      for (let event = 0; event < message.events; event += 1) {
        if (message.paced) await insert();
        for (const socket of sockets) socket.send(bytes, { binary: false });
      }
      process.send?.({});
    }
  }
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () =>
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
);
