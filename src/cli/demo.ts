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
import { Arrivals } from '../demo/arrivals.ts';
import { type DemoClock, demoClock } from '../demo/clock.ts';
import { DEMO_LEADS, type DemoCompany } from '../demo/leads.ts';
import { type Line, playTime } from '../demo/time.ts';
import type { SubmitLeadInput } from '../gql/graphql.ts';
import { createLog } from '../log.ts';

export const summary = `see it work: [--company ${Object.keys(DEMO_LEADS).join(' | ')}] [--once]`;

const COMPANIES = fileURLToPath(new URL('../../demo', import.meta.url));
/** So that a reader can follow. */
const PAUSE_MS = 150;

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
    const clock = demoClock();
    app = createApp({ config: { ...config, databaseUrl: embedded.url, role: 'all' }, clock, log });
    await app.start();
    await loadCompany(embedded, company);
    const key = app.newAdminKey as string;
    const arrived = await play(app.url, key, company, clock);
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

/** Opens the reps' feeds, sends the leads and prints a line for each. True when every lead was owned and every event came. */
async function play(url: string, key: string, company: DemoCompany, clock: DemoClock): Promise<boolean> {
  const arrivals = new Arrivals();
  const { feeds, repKeys } = await openFeeds(url, key, arrivals);
  console.log(`${feeds.length} reps follow their feeds over WebSocket.\n`);
  console.log(styleText('bold', row('LEAD', 'METHOD', 'REP', 'MS', 'WHY')));

  let complete = true;
  const print = ({ note, what, method, rep, milliseconds, why }: Line): void => {
    if (note !== '') console.log(styleText('italic', note));
    console.log(row(what, method, rep, milliseconds === null ? 'lost' : milliseconds.toFixed(1), why));
    complete &&= milliseconds !== null;
  };
  let shared: {
    readonly lead: SubmitLeadInput['lead'];
    readonly rep: { readonly id: string; readonly name: string };
  } | null = null;
  for (const lead of DEMO_LEADS[company]) {
    const at = performance.now();
    const { submitLead } = await request(url, key, SubmitDocument, { input: { lead } });
    const what = [`${lead.firstName} ${lead.lastName}`, lead.companyName ?? lead.email].filter(Boolean).join(', ');
    if (submitLead.__typename !== 'SubmitLeadSuccess') {
      console.log(row(what, 'REFUSED', '', '', submitLead.message));
      complete = false;
      continue;
    }
    const milliseconds = await arrivals.of(submitLead.lead.id, at);
    const { method, rep, pool, decision } = submitLead.assignment;
    print({ note: '', what, method, rep: rep.name, milliseconds, why: decision.summary });
    if (pool !== null && method !== 'DUPLICATE') shared = { lead, rep };
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  if (shared !== null) {
    console.log(`\n${styleText('bold', 'Time passes faster for a moment.')}`);
    const stage = { url, adminKey: key, repKeys, clock, arrivals };
    for await (const line of playTime(stage, shared.lead, shared.rep)) print(line);
  }
  await Promise.all(feeds.map((feed) => feed.close()));
  console.log(
    complete ? '\nEvery lead has an owner, and every owner’s device has heard of it.' : '\nSomething was lost.',
  );
  return complete;
}

/** What a device takes for a lead of its own. */
const OWN: ReadonlySet<string> = new Set(['LEAD_ASSIGNED', 'LEAD_REASSIGNED', 'LEAD_CLAIMED', 'LEAD_QUEUED']);

async function openFeeds(
  url: string,
  key: string,
  arrivals: Arrivals,
): Promise<{ readonly feeds: readonly Feed[]; readonly repKeys: ReadonlyMap<string, string> }> {
  const { reps } = await request(url, key, RepsDocument, {});
  const repKeys = new Map<string, string>();
  const feeds = await Promise.all(
    reps.edges.map(async ({ node }) => {
      const input = { name: `Demo: ${node.name}`, role: 'REP', repId: node.id } as const;
      const { createApiKey } = await request(url, key, RepKeyDocument, { input });
      if (createApiKey.__typename !== 'CreateApiKeySuccess') throw new Error(createApiKey.message);
      repKeys.set(node.id, createApiKey.secret);
      return followFeed({
        url: `${url.replace('http', 'ws')}/graphql`,
        token: createApiKey.secret,
        selection: 'lead { id }',
        onEvent: (event) => {
          const { id } = (event.lead ?? {}) as { id?: string };
          if (OWN.has(event.kind) && id !== undefined) arrivals.arrived(id);
        },
      });
    }),
  );
  await Promise.all(feeds.map(({ ready }) => ready));
  // The cursor is known; the subscription itself opens right after it.
  return { feeds, repKeys };
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
