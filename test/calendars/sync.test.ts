import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLanes } from '../../src/assignment/lanes.ts';
import { syncCalendar } from '../../src/calendars/sync.ts';
import { createLog } from '../../src/log.ts';
import { startTestApp, TEST_SECRETS, type TestApp, until } from '../support/app.ts';
import { type FeedServer, serveFeed } from '../support/calendarServers.ts';
import { onePool } from '../support/companies.ts';

/* Calendars from the API to the decision: read by a job of a real server, from a real server. */

let app: TestApp;
let feed: FeedServer;
/** Keys of reps, by theirs. */
let keys: Record<'rep-1' | 'rep-2' | 'boss', string>;

const MEETING = (uid: string, start: string, end: string, more = '') => `BEGIN:VEVENT
UID:${uid}
DTSTAMP:20260301T000000Z
DTSTART:${start}
DTEND:${end}
SUMMARY:Secret talks
${more}END:VEVENT
`;
const calendarOf = (...events: readonly string[]): string =>
  `BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n${events.join('')}END:VCALENDAR\n`.replaceAll('\n', '\r\n');

// The clock of the tests begins on Monday 2 March 2026, 09:00 UTC.
const NOW_TO_TEN = MEETING('m1', '20260302T083000Z', '20260302T100000Z');

beforeAll(async () => {
  app = await startTestApp({ config: { allowPrivateAddresses: true } });
  await app.apply(
    onePool(2).replace('strategy: ROUND_ROBIN', 'strategy: ROUND_ROBIN\n    skips: [IN_MEETING, OUT_OF_OFFICE]'),
  );
  keys = {
    'rep-1': await app.keyFor('REP', 'rep-1'),
    'rep-2': await app.keyFor('REP', 'rep-2'),
    boss: await app.keyFor('MANAGER', 'boss'),
  };
});
afterAll(() => app.stop());

beforeEach(async () => {
  feed = await serveFeed(calendarOf(NOW_TO_TEN));
  app.clock.set(new Date('2026-03-02T09:00:00Z'));
  return async () => {
    for (const { id } of await calendars()) await mutate('deleteCalendar', { id });
    await feed[Symbol.asyncDispose]();
  };
});

interface CalendarView {
  readonly id: string;
  readonly name: string;
  readonly host: string | null;
  readonly syncedAt: string | null;
  readonly stale: boolean;
  readonly fault: string | null;
  readonly faultMessage: string | null;
  readonly unmatched: number;
}
type Outcome = { readonly __typename: string; readonly calendar?: CalendarView; readonly code?: string };

const FIELDS = 'id name kind host syncedAt nextSyncAt stale fault faultMessage unmatched rep { key }';

async function calendars(key?: string): Promise<readonly CalendarView[]> {
  const { data } = await app.send<{ calendars: CalendarView[] }>(`{ calendars { ${FIELDS} } }`, {}, key);
  return data?.calendars ?? [];
}

async function mutate(name: string, input: object, key?: string): Promise<Outcome> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const success = name === 'deleteCalendar' ? '' : `... on CalendarSuccess { calendar { ${FIELDS} } }`;
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { __typename ${success} ... on Error { code message } } }`;
  const { data } = await app.send<Record<string, Outcome>>(query, { input }, key);
  return data?.[name] as Outcome;
}

const add = (key: string, path = '/calendar.ics'): Promise<Outcome> =>
  mutate('createCalendar', { name: 'Mine', kind: 'ICS', ics: { url: feed.url + path } }, key);

/** Lets what is due be read. */
async function sync(done: (calendar: CalendarView) => boolean): Promise<void> {
  await app.sweep();
  await until(async () => (await calendars()).every(done), 'the calendars have been read');
}

const isRead = ({ syncedAt, fault }: CalendarView): boolean =>
  syncedAt === app.clock.now().toISOString() && fault === null;

async function availability(rep: string) {
  const query = `{ rep(key: "${rep}") { availability { available calendarsStale absences { reason until } } } }`;
  const { data } = await app.send<{ rep: { availability: { available: boolean; absences: object[] } } }>(query);
  return data?.rep.availability;
}

let count = 0;
async function ownerOfNext(): Promise<string> {
  count += 1;
  const query = `mutation { submitLead(input: { lead: { email: "lead-${count}@example.com" } }) {
    ... on SubmitLeadSuccess { assignment { rep { key } decision { summary } } } } }`;
  const { data } = await app.send<{ submitLead: { assignment: { rep: { key: string } } } }>(query);
  return data?.submitLead.assignment.rep.key ?? '';
}

describe('a rep’s calendar', () => {
  test('is read by a job, and who is in a meeting is passed over until it ends', async () => {
    const { calendar } = await add(keys['rep-1']);
    expect(calendar).toMatchObject({
      syncedAt: null,
      stale: false,
      host: feed.url.replace('http://', ''),
      rep: { key: 'rep-1' },
    });
    await sync(isRead);
    expect(await availability('rep-1')).toEqual({
      available: false,
      calendarsStale: false,
      absences: [{ reason: 'IN_MEETING', until: '2026-03-02T10:00:00.000Z' }],
    });
    expect([await ownerOfNext(), await ownerOfNext(), await ownerOfNext()]).toEqual(['rep-2', 'rep-2', 'rep-2']);
    app.clock.set(new Date('2026-03-02T10:00:00Z'));
    expect(new Set([await ownerOfNext(), await ownerOfNext()])).toContain('rep-1');
  });

  test('is not asked for what has not changed, and stays good by being asked', async () => {
    await add(keys['rep-1']);
    await sync(isRead);
    app.clock.set(new Date('2026-03-02T09:05:00Z'));
    await sync(isRead);
    expect(feed.asked.at(-1)?.headers['if-none-match']).toBe('"1"');
    expect(await availability('rep-1')).toMatchObject({ available: false });
  });

  test('that says nothing any more leaves its rep there', async () => {
    const { calendar } = await add(keys['rep-1']);
    await sync(isRead);
    await mutate('deleteCalendar', { id: calendar?.id }, keys['rep-1']);
    expect(await availability('rep-1')).toMatchObject({ available: true });
  });

  test('that cannot be read for an hour is stale and counts for nothing; managers are told once, and again when it is back', async () => {
    await add(keys['rep-1']);
    await sync(isRead);
    const good = feed.text;
    feed.text = '<html>Sign in</html>';
    feed.etag = '"2"';
    for (const at of ['09:30', '10:01', '10:45']) {
      app.clock.set(new Date(`2026-03-02T${at}:00Z`));
      await sync(({ fault }) => fault === 'NOT_A_CALENDAR');
      await until(
        async () => (await app.database.prisma.calendar.findFirstOrThrow()).nextSyncAt > app.clock.now(),
        'the next reading is planned',
      );
    }
    await until(async () => (await alerts()).length === 1, 'it is told that it is stale');
    expect(await availability('rep-1')).toEqual({ available: true, calendarsStale: true, absences: [] });
    expect(await calendars()).toMatchObject([{ stale: true, faultMessage: expect.stringMatching(/\w/) }]);
    feed.text = good;
    feed.etag = '"3"';
    app.clock.set(new Date('2026-03-02T12:00:00Z'));
    await sync(isRead);
    await until(async () => (await alerts()).length === 2, 'both alerts are there');
    expect(await alerts()).toMatchObject([
      { kind: 'alert.raised', data: { alert: 'CALENDAR_STALE', rep: 'rep-1', code: 'NOT_A_CALENDAR' } },
      { kind: 'alert.resolved', data: { alert: 'CALENDAR_STALE', rep: 'rep-1' } },
    ]);
  });

  test.each([
    ['/private', 'UNAUTHORIZED'],
    ['/missing', 'NOT_FOUND'],
    ['/broken', 'SERVER_ERROR'],
    ['/throttled', 'THROTTLED'],
    ['/page', 'NOT_A_CALENDAR'],
    ['/moved?to=http://169.254.169.254/', 'REDIRECTED'],
  ])('at %s is noted as %s, and read again later', async (path, fault) => {
    await add(keys['rep-1'], path);
    await sync((calendar) => calendar.fault === fault);
    const [calendar] = await app.database.prisma.calendar.findMany();
    expect(calendar?.nextSyncAt.getTime()).toBeGreaterThan(app.clock.now().getTime());
    expect(JSON.stringify(await calendars())).not.toContain('a secret of the server');
  });

  test('is read at once when it is asked for, and at another address when that changes', async () => {
    const { calendar } = await add(keys['rep-1']);
    await sync(isRead);
    const asked = feed.asked.length;
    await mutate('syncCalendar', { id: calendar?.id }, keys['rep-1']);
    await app.sweep();
    await until(() => feed.asked.length > asked, 'it is asked again');
    await mutate(
      'updateCalendar',
      { id: calendar?.id, name: 'Other', ics: { url: `${feed.url}/missing` } },
      keys['rep-1'],
    );
    await sync(({ fault, name }) => fault === 'NOT_FOUND' && name === 'Other');
  });

  test('that is removed in the moment in which it has been read says nothing', async () => {
    const { workspaceId, database, clock } = app;
    const { id: repId } = await database.prisma.rep.findFirstOrThrow({ where: { workspaceId, key: 'rep-1' } });
    const [id, now] = [v7(), clock.now()];
    const source = JSON.stringify({ kind: 'ICS', url: `${feed.url}/calendar.ics` });
    // Not due, so that no job reads it.
    const dates = { createdAt: now, updatedAt: now, nextSyncAt: new Date(now.getTime() + 86_400_000) };
    const made = { workspaceId, id, repId, name: 'Mine', kind: 'ICS', source, ...dates } as const;
    await database.prisma.calendar.create({ data: { ...made, attempt: 0, unmatched: 0, alerted: false } });
    const lanes = createLanes({ database, clock, committed: () => {} });
    let isRemoved = false;
    const late: typeof lanes = {
      ...lanes,
      run: async (...given) => {
        if (!isRemoved) await database.prisma.calendar.deleteMany({ where: { workspaceId, id } });
        isRemoved = true;
        return lanes.run(...given);
      },
    };
    const options = {
      database,
      secrets: TEST_SECRETS,
      lanes: late,
      clock,
      log: createLog('silent'),
      allowPrivate: true,
    };
    await syncCalendar(options, workspaceId, id);
    await lanes.close();
    expect([isRemoved, feed.asked.length]).toEqual([true, 1]);
    expect(await availability('rep-1')).toMatchObject({ available: true });
  });
});

const alerts = () =>
  app.database.prisma.event.findMany({ where: { kind: { startsWith: 'alert.' } }, orderBy: { number: 'asc' } });

describe('an HR feed', () => {
  test('makes its people out of office by name and address, and counts whom it does not know', async () => {
    feed.text = calendarOf(
      MEETING('h1', '20260302T000000Z', '20260304T000000Z').replace('Secret talks', 'Rep rep-1 – parental leave'),
      MEETING('h2', '20260302T000000Z', '20260304T000000Z', 'ATTENDEE:mailto:rep-2@fairlead.example\n'),
      MEETING('h3', '20260302T000000Z', '20260304T000000Z').replace('Secret talks', 'Somebody Else'),
    );
    await mutate('createCalendar', { name: 'HR', kind: 'HR', hr: { url: `${feed.url}/calendar.ics` } });
    await sync(isRead);
    for (const rep of ['rep-1', 'rep-2']) {
      expect(await availability(rep)).toMatchObject({ absences: [{ reason: 'OUT_OF_OFFICE' }] });
    }
    expect(await calendars()).toMatchObject([{ unmatched: 1, rep: null }]);
    expect(await ownerOfNext()).toBe('boss');

    feed.text = calendarOf();
    feed.etag = '"2"';
    app.clock.set(new Date('2026-03-02T09:05:00Z'));
    await sync(isRead);
    expect(await availability('rep-1')).toMatchObject({ available: true });
  });

  test('is set up by admins alone', async () => {
    const input = { name: 'HR', kind: 'HR', hr: { url: `${feed.url}/calendar.ics` } };
    for (const key of [keys['rep-1'], keys.boss]) {
      expect(await mutate('createCalendar', input, key)).toMatchObject({
        __typename: 'RefusedError',
        code: 'NOT_FOUND',
      });
    }
  });
});

describe('who sees a calendar', () => {
  test('is its rep, the rep’s manager and admins; credentials nobody', async () => {
    const caldav = { url: `${feed.url}/dav`, username: 'ada', password: 'p4ssw0rd' };
    const { calendar } = await mutate('createCalendar', { name: 'Mine', kind: 'CALDAV', caldav }, keys['rep-1']);
    expect((await calendars(keys['rep-1'])).map(({ id }) => id)).toEqual([calendar?.id]);
    expect((await calendars(keys.boss)).map(({ id }) => id)).toEqual([calendar?.id]);
    expect(await calendars(keys['rep-2'])).toEqual([]);
    expect(JSON.stringify(await calendars())).not.toContain('p4ssw0rd');
    for (const name of ['syncCalendar', 'updateCalendar', 'deleteCalendar']) {
      expect(await mutate(name, { id: calendar?.id }, keys['rep-2'])).toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  test.each([
    ['no source', { kind: 'ICS' }, 'ics: is missing'],
    [
      'the source of another kind',
      { kind: 'ICS', ics: { url: 'https://a.example/' }, hr: { url: 'https://a.example/' } },
      'hr: is not for',
    ],
    ['an address that is none', { kind: 'ICS', ics: { url: 'file:///etc/passwd' } }, 'ics.url: must be an address'],
    ['no name', { kind: 'ICS', ics: { url: 'https://a.example/' }, name: ' ' }, 'name: must not be empty'],
  ])('and %s is refused with the field', async (_what, input, message) => {
    const outcome = await mutate('createCalendar', { name: 'Mine', ...input }, keys['rep-1']);
    expect(outcome).toMatchObject({ __typename: 'InvalidInputError', message: expect.stringContaining(message) });
  });
});
