import type pg from 'pg';
import { Temporal } from 'temporal-polyfill';
import type { Clock } from '../clock.ts';
import { ZONE_OF_LEAD } from '../domain/fields.ts';
import { isTimeZone } from '../domain/localTime.ts';
import { type Finding, fault, ok, warning } from './finding.ts';

/* Whether this machine and the database's go by the same time. */

const WARNING_MS = 1_000;
const FAULT_MS = 5_000;

/** What fires goes by the database's clock; when it is to fire was written by a server's. */
export async function checkClock(client: pg.Client, clock: Clock): Promise<Finding> {
  const skew = await skewMs(client, clock);
  const text = `this machine's is ${(Math.abs(skew) / 1_000).toFixed(1)} s ${skew < 0 ? 'behind' : 'ahead of'} the database's`;
  if (Math.abs(skew) <= WARNING_MS) return ok('clock', text);
  return (Math.abs(skew) > FAULT_MS ? fault : warning)(
    'clock',
    `${text}: deadlines fire that much too ${skew < 0 ? 'early' : 'late'}. Have both set by NTP (timedatectl status).`,
  );
}

/** Of the quickest of three questions: half of its time is the most that the answer may be wrong by. */
async function skewMs(client: pg.Client, clock: Clock): Promise<number> {
  let best = { took: Number.POSITIVE_INFINITY, skew: 0 };
  for (let asked = 0; asked < 3; asked += 1) {
    const before = clock.now().getTime();
    const { rows } = await client.query<{ now: Date }>('SELECT clock_timestamp() AS "now"');
    const after = clock.now().getTime();
    const [{ now }] = rows as [{ now: Date }];
    if (after - before < best.took) best = { took: after - before, skew: (before + after) / 2 - now.getTime() };
  }
  return best.skew;
}

/** Where settings, reps, plans, segments and policies name a zone; not where leads do, of which there are too many. */
const SELECT_ZONES = `
  SELECT DISTINCT "zone" FROM (
    SELECT "timeZone" AS "zone" FROM "Workspace"
    UNION ALL SELECT "timeZone" FROM "Rep"
    UNION ALL SELECT jsonb_path_query("document", 'strict $.**.timeZone') #>> '{}' FROM (
      SELECT "rateCaps" AS "document" FROM "Workspace"
      UNION ALL SELECT "rateCaps" FROM "Rep"
      UNION ALL SELECT "steps" FROM "PlanVersion" WHERE "status" = 'PUBLISHED'
      UNION ALL SELECT "condition" FROM "Segment"
      UNION ALL SELECT "condition" FROM "SlaPolicy"
    ) documents
  ) zones WHERE "zone" <> '${ZONE_OF_LEAD}' ORDER BY "zone"`;

/** Changes of zones, oldest first: who does not know one has time-zone data from before it. */
const CHANGES = [
  { zone: 'America/Mexico_City', at: Date.UTC(2023, 6, 1), hours: -6 },
  { zone: 'Asia/Almaty', at: Date.UTC(2024, 6, 1), hours: 5 },
  { zone: 'America/Asuncion', at: Date.UTC(2025, 6, 1), hours: -3 },
  { zone: 'America/Vancouver', at: Date.UTC(2027, 0, 15), hours: -7 },
  { zone: 'America/Edmonton', at: Date.UTC(2027, 0, 15), hours: -6 },
] as const;
const HALF_A_YEAR_MS = 182 * 86_400_000;

/** Zone → hours from UTC now, in half a year, and at each of CHANGES; null for a zone that is not known. */
export type Offsets = ReadonlyMap<string, readonly number[] | null>;

/** Whether Node, by which servers go, and PostgreSQL, by which reports in SQL go, know the zones in use alike. */
export async function checkTimeZones(client: pg.Client, now: Date): Promise<Finding> {
  const { rows } = await client.query<{ zone: string }>(SELECT_ZONES);
  const zones = rows.map(({ zone }) => zone);
  const asked = [...new Set([...zones, ...CHANGES.map(({ zone }) => zone)])];
  const moments = [now.getTime(), now.getTime() + HALF_A_YEAR_MS, ...CHANGES.map(({ at }) => at)];
  return compareTimeZones(zones, offsetsOfNode(asked, moments), await offsetsOfPostgres(client, asked, moments));
}

/** @param zones those in use */
export function compareTimeZones(zones: readonly string[], node: Offsets, postgres: Offsets): Finding {
  const unknown = zones.filter((zone) => !node.get(zone));
  if (unknown.length > 0) {
    return fault(
      'time zones',
      `Node does not know ${unknown.join(', ')}, in use here. Update Node, or set another zone.`,
    );
  }
  const presentOf = (offsets: Offsets, zone: string): string =>
    offsets.get(zone)?.slice(0, 2).map(asHours).join(' and ') ?? 'unknown';
  // PostgreSQL reads names such as CET as abbreviations, which know no summer.
  const differing = zones.filter((zone) => zone.includes('/') && presentOf(node, zone) !== presentOf(postgres, zone));
  const [first] = differing;
  if (first === undefined) {
    return ok('time zones', `Node (tzdata ${process.versions.tz}) and PostgreSQL agree about ${zones.join(', ')}`);
  }
  return warning(
    'time zones',
    `Node and PostgreSQL disagree about ${differing.join(', ')}: ${first} is ${presentOf(node, first)} for Node now and in half a year, ${presentOf(postgres, first)} for PostgreSQL. Servers go by Node's, reports in SQL by PostgreSQL's. ${whoIsOlder(node, postgres)}`,
  );
}

const asHours = (hours: number): string => `${hours < 0 ? '' : '+'}${hours} h`;

function whoIsOlder(node: Offsets, postgres: Offsets): string {
  const known = (offsets: Offsets): number =>
    CHANGES.filter(({ zone, hours }, index) => offsets.get(zone)?.[index + 2] === hours).length;
  const ahead = known(node) - known(postgres);
  if (ahead > 0) return 'PostgreSQL’s data are older: update tzdata on its machine, or PostgreSQL.';
  if (ahead < 0) return `Node’s data (${process.versions.tz}) are older: update Node.`;
  return 'Update Node, and tzdata on the database’s machine.';
}

function offsetsOfNode(zones: readonly string[], moments: readonly number[]): Offsets {
  const at = (moment: number, zone: string): number =>
    Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(zone).offsetNanoseconds / 3.6e12;
  return new Map(zones.map((zone) => [zone, isTimeZone(zone) ? moments.map((moment) => at(moment, zone)) : null]));
}

async function offsetsOfPostgres(
  client: pg.Client,
  zones: readonly string[],
  moments: readonly number[],
): Promise<Offsets> {
  const { rows } = await client.query<{ zone: string; offsets: number[] }>(
    `SELECT "zone", array_agg(
         (extract(epoch FROM ("moment" AT TIME ZONE "zone") - ("moment" AT TIME ZONE 'UTC')) / 3600)::float8
         ORDER BY "place") AS "offsets"
     FROM unnest($1::text[]) AS "zone" JOIN (SELECT "name" FROM pg_timezone_names) known ON known."name" = "zone",
       unnest($2::timestamptz[]) WITH ORDINALITY AS moments ("moment", "place")
     GROUP BY "zone"`,
    [zones, moments.map((moment) => new Date(moment))],
  );
  const found = new Map(rows.map(({ zone, offsets }) => [zone, offsets]));
  return new Map(zones.map((zone) => [zone, found.get(zone) ?? null]));
}
