import { Agent, request } from 'node:http';
import { ADMIN_KEY, personOf } from './company.ts';
import type { Load } from './measure.ts';

const CONNECTIONS = 64;
/** The most that submitLeads takes. */
export const BULK = 500;
const BULK_CONNECTIONS = 4;

export const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/** Calls a server. @returns what it answers in `data` */
export const call = <Data>(url: string, query: string, variables: object = {}): Promise<Data> =>
  new Promise((resolve, reject) => {
    const body = JSON.stringify({ query, variables });
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      authorization: `Bearer ${ADMIN_KEY}`,
    };
    const sending = request(`${url}/graphql`, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const { data } = JSON.parse(text) as { data?: Data };
        if (data) resolve(data);
        else reject(new Error(text));
      });
    });
    sending.on('error', reject);
    sending.end(body);
  });

const SUBMIT_LEAD = `mutation ($input: SubmitLeadInput!) {
  submitLead(input: $input) { __typename ... on SubmitLeadSuccess { lead { id } assignment { number method } } ... on Error { message } }
}`;

const SUBMIT_LEADS = `mutation ($input: SubmitLeadsInput!) {
  submitLeads(input: $input) { ... on SubmitLeadsSuccess {
    results { __typename ... on SubmitLeadSuccess { lead { id } assignment { number method } } ... on Error { message } } } }
}`;

interface Result {
  readonly lead?: { readonly id: string };
}

function idOf(result: Result | undefined): string {
  if (!result?.lead) throw new Error(`no lead: ${JSON.stringify(result)}`);
  return result.lead.id;
}

let sent = 0;
/** Makes the next lead from a number that no other has. */
export type NextLead = (number: number) => object;

/** Submits one lead; resolves to its id. */
export const submit = async (url: string, next: NextLead = personOf): Promise<string> => {
  const data = await call<{ submitLead: Result }>(url, SUBMIT_LEAD, { input: { lead: next(++sent) } });
  return idOf(data.submitLead);
};

async function submitMany(url: string, next: NextLead): Promise<void> {
  const leads = Array.from({ length: BULK }, () => ({ lead: next(++sent) }));
  const data = await call<{ submitLeads: { results: readonly Result[] } }>(url, SUBMIT_LEADS, { input: { leads } });
  data.submitLeads.results.forEach(idOf);
}

async function sendFor(connections: number, ms: number, each: (connection: number) => Promise<number>): Promise<Load> {
  const start = performance.now();
  let count = 0;
  await Promise.all(
    Array.from({ length: connections }, async (_, connection) => {
      while (performance.now() - start < ms) {
        const leads = await each(connection);
        count += leads;
      }
    }),
  );
  return { leads: count, perSecond: count / ((performance.now() - start) / 1_000) };
}

/** Sends with 64 connections, shared by the servers, that each send one lead after the other. */
export const throughput = (urls: string | readonly string[], ms: number, next: NextLead = personOf): Promise<Load> => {
  const all = [urls].flat();
  return sendFor(CONNECTIONS, ms, async (connection) => {
    await submit(all[connection % all.length] as string, next);
    return 1;
  });
};

/** The same by `submitLeads`, 500 at a time, with 4 connections. */
export const bulkThroughput = (url: string, ms: number, next: NextLead = personOf): Promise<Load> =>
  sendFor(BULK_CONNECTIONS, ms, async () => {
    await submitMany(url, next);
    return BULK;
  });
