import { createRequire } from 'node:module';
import type { default as Holidays } from 'date-holidays';
import { Temporal } from 'temporal-polyfill';

/*
 * Public holidays, by the tables of date-holidays (ISC; the data CC-BY-3.0). They are 11 MB, so they are read when
 * somebody first asks for a region.
 */

const require = createRequire(import.meta.url);
let library: typeof Holidays | null = null;

function holidaysLibrary(): typeof Holidays {
  library ??= require('date-holidays') as typeof Holidays;
  return library;
}

/** Region and year → the days, `YYYY-MM-DD`. */
const remembered = new Map<string, ReadonlySet<string>>();
const MAX_REMEMBERED = 1_000;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Whether there are tables for a region: a country, `DE`, or a part of one, `DE-BY`. */
export function isHolidayRegion(region: string): boolean {
  const [country = '', state, part, ...rest] = region.split('-');
  if (rest.length > 0 || !/^[A-Z]{2}$/.test(country)) return false;
  const tables = new (holidaysLibrary())();
  if (!Object.hasOwn(tables.getCountries() ?? {}, country)) return false;
  if (state === undefined) return true;
  if (!Object.hasOwn(tables.getStates(country) ?? {}, state)) return false;
  return part === undefined || Object.hasOwn(tables.getRegions(country, state) ?? {}, part);
}

/**
 * Whether a day is a public holiday.
 *
 * @param region as `isHolidayRegion` accepts it; in any other nothing is
 * @param date `YYYY-MM-DD`
 */
export function isHoliday(region: string, date: string): boolean {
  const year = date.slice(0, 4);
  const key = `${region}/${year}`;
  let days = remembered.get(key);
  if (days === undefined) {
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    days = isHolidayRegion(region) ? daysOf(region, Number(year)) : new Set();
    remembered.set(key, days);
  }
  return days.has(date);
}

function daysOf(region: string, year: number): ReadonlySet<string> {
  const days = new Set<string>();
  const [country = '', state = '', part = ''] = region.split('-');
  const tables = new (holidaysLibrary())(country, state, part);
  // One that begins at the end of a year may go on into the next.
  for (const holiday of [...tables.getHolidays(year - 1), ...tables.getHolidays(year)]) {
    if (holiday.type !== 'public') continue;
    // Whole days alone; one on which the clock is put forward has 23 hours.
    const length = Math.floor((holiday.end.getTime() - holiday.start.getTime() + HOUR_MS) / DAY_MS);
    const first = Temporal.PlainDate.from(holiday.date.slice(0, 10));
    for (let day = 0; day < length; day += 1) days.add(first.add({ days: day }).toString());
  }
  return days;
}
