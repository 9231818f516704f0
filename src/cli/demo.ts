import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import pg from 'pg';
import { type App, createApp } from '../app.ts';
import { type Feed, followFeed } from '../client/index.ts';
import { systemClock } from '../clock.ts';
import { readConfig } from '../config.ts';
import { applyCompany } from '../configuration/company.ts';
import { ensureWorkspace } from '../configuration/workspaces.ts';
import { openDatabase } from '../db/client.ts';
import { type EmbeddedPostgres, startEmbedded } from '../db/embedded.ts';
import { RepKeyDocument, RepsDocument, request, SubmitDocument } from '../demo/api.ts';
import { DEMO_LEADS, type DemoCompany } from '../demo/leads.ts';
import { createLog } from '../log.ts';

export const summary = `see it work: [--company ${Object.keys(DEMO_LEADS).join(' | ')}] [--once]`;

const COMPANIES = fileURLToPath(new URL('../../demo', import.meta.url));
/** So that a reader can follow. */
const PAUSE_MS = 150;
const ARRIVAL_MS = 5_000;

/** Has a database of its own, made anew each time, whatever DATABASE_URL says. */
export async function run(args: readonly string[]): Promise<number | null> {
  const { values } = parseArgs({
    args: [...args],
    options: { once: { type: 'boolean' }, company: { type: 'string', default: 'geographic' } },
  });
  const company = Object.keys(DEMO_LEADS).find((name): name is DemoCompany => name === values.company);
  if (!company) {
    console.error(`There is no company "${values.company}"; there are ${Object.keys(DEMO_LEADS).join(', ')}.`);
    return 1;
  }
  const config = readConfig({ PORT: values.once ? '0' : '4000', FAIRLEAD_LOG_LEVEL: 'warn', ...process.env });
  const log = createLog(config.logLevel);
  console.log('Starting PostgreSQL …');
  const embedded = await startEmbedded({ dataDir: join(config.dataDir, 'demo'), log, mode: 'own' });
  let app: App | null = null;
  const stop = async (): Promise<void> => {
    await app?.stop();
    await embedded.stop();
  };
  try {
    await empty(embedded);
    app = createApp({ config: { ...config, databaseUrl: embedded.url, role: 'all' }, log });
    await app.start();
    await loadCompany(embedded, company);
    const key = app.newAdminKey as string;
    const arrived = await play(app.url, key, company);
    if (values.once) {
      await stop();
      return arrived ? 0 : 1;
    }
    printHelp(app.url, key);
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().then(() => process.exit(0)));
  return null;
}

async function empty({ url }: EmbeddedPostgres): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await client.end();
}

async function loadCompany({ url }: EmbeddedPostgres, company: DemoCompany): Promise<void> {
  const database = openDatabase(url, { max: 2, onError: () => {} });
  const workspaceId = await ensureWorkspace(database, systemClock);
  const context = { database, workspaceId, by: 'demo', clock: systemClock, committed: () => {} };
  const { changes } = await applyCompany(context, await readFile(join(COMPANIES, `${company}.yaml`), 'utf8'));
  await database.close();
  console.log(`Loaded demo/${company}.yaml: ${changes.length} things.`);
}

/** A lead on its way: when it was sent, and how to tell that it has arrived. */
interface Sent {
  readonly at: number;
  arrive(milliseconds: number): void;
}

/** Opens the reps' feeds, sends the leads and prints a line for each. True when every lead was owned and every event came. */
async function play(url: string, key: string, company: DemoCompany): Promise<boolean> {
  const sent = new Map<string, Sent>();
  const early = new Map<string, number>();
  const onDevice = (leadId: string): void => {
    const waiting = sent.get(leadId);
    if (waiting) waiting.arrive(performance.now() - waiting.at);
    else early.set(leadId, performance.now());
  };
  const feeds = await openFeeds(url, key, onDevice);
  console.log(`${feeds.length} reps follow their feeds over WebSocket.\n`);
  console.log(styleText('bold', row('LEAD', 'METHOD', 'REP', 'MS', 'WHY')));

  let complete = true;
  for (const lead of DEMO_LEADS[company]) {
    const at = performance.now();
    const { submitLead } = await request(url, key, SubmitDocument, { input: { lead } });
    const name = [`${lead.firstName} ${lead.lastName}`, lead.companyName ?? lead.email].filter(Boolean).join(', ');
    if (submitLead.__typename !== 'SubmitLeadSuccess') {
      console.log(row(name, 'REFUSED', '', '', submitLead.message));
      complete = false;
      continue;
    }
    const { id } = submitLead.lead;
    const arrival = early.get(id);
    const milliseconds = arrival === undefined ? await waitFor(id, at, sent) : arrival - at;
    const { method, rep, decision } = submitLead.assignment;
    console.log(
      row(name, method, rep.name, milliseconds === null ? 'lost' : milliseconds.toFixed(1), decision.summary),
    );
    complete &&= milliseconds !== null;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  await Promise.all(feeds.map((feed) => feed.close()));
  console.log(
    complete ? '\nEvery lead has an owner, and every owner’s device has heard of it.' : '\nSomething was lost.',
  );
  return complete;
}

const waitFor = (leadId: string, at: number, sent: Map<string, Sent>): Promise<number | null> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), ARRIVAL_MS);
    sent.set(leadId, {
      at,
      arrive: (milliseconds) => {
        clearTimeout(timer);
        resolve(milliseconds);
      },
    });
  });

async function openFeeds(url: string, key: string, onDevice: (leadId: string) => void): Promise<Feed[]> {
  const { reps } = await request(url, key, RepsDocument, {});
  const feeds = await Promise.all(
    reps.edges.map(async ({ node }) => {
      const input = { name: `Demo: ${node.name}`, role: 'REP', repId: node.id } as const;
      const { createApiKey } = await request(url, key, RepKeyDocument, { input });
      if (createApiKey.__typename !== 'CreateApiKeySuccess') throw new Error(createApiKey.message);
      return followFeed({
        url: `${url.replace('http', 'ws')}/graphql`,
        token: createApiKey.secret,
        selection: 'lead { id }',
        onEvent: (event) => {
          const { id } = (event.lead ?? {}) as { id?: string };
          if (event.kind === 'LEAD_ASSIGNED' && id !== undefined) onDevice(id);
        },
      });
    }),
  );
  await Promise.all(feeds.map(({ ready }) => ready));
  // The cursor is known; the subscription itself opens right after it.
  return feeds;
}

const WIDTHS = [34, 15, 14, 7] as const;

/** The reason comes last: it is as long as it is. */
function row(...cells: readonly string[]): string {
  return cells.map((cell, index) => clip(cell, WIDTHS[index])).join('  ');
}

const clip = (text: string, width: number | undefined): string =>
  width === undefined ? text : text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);

function printHelp(url: string, key: string): void {
  const lead =
    '{"input":{"lead":{"email":"ada@brightwave.example","companyName":"Brightwave","country":"US","region":"CA","score":80}}}';
  const mutation =
    'mutation ($input: SubmitLeadInput!) { submitLead(input: $input) { ... on SubmitLeadSuccess { lead { id owner { name } } assignment { decision { summary } } } ... on Error { message } } }';
  console.log(`
GraphiQL         ${url}/graphql
Admin key        ${key}

Send a lead:

curl ${url}/graphql -H 'content-type: application/json' -H 'authorization: Bearer ${key}' \\
  -d '{"query":"${mutation}","variables":${lead}}'

Follow everything that happens (Server-Sent Events; each event's cursor can be handed back as "after"):

curl -N ${url}/graphql -H 'accept: text/event-stream' -H 'content-type: application/json' -H 'authorization: Bearer ${key}' \\
  -d '{"query":"subscription { workspaceFeed { cursor kind lead { email } rep { name } data } }"}'

Ctrl-C ends it.`);
}
