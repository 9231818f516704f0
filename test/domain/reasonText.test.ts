import { describe, expect, test } from 'vitest';
import { type Considered, REASONS, type Reason } from '../../src/domain/decision.ts';
import { reasonText } from '../../src/domain/decisionSummary.ts';
import { NEW_STANDING } from '../../src/domain/standing.ts';

describe('the text of a reason', () => {
  const turn = { weight: 1, tier: 2, share: 0.5, received: 7, creditBefore: -1234.5, creditAfter: 0, rank: 3 };
  const considered = (reason: Reason, more: Partial<Considered> = {}): Considered => ({
    repId: 'ada',
    reason,
    standing: { ...NEW_STANDING, load: 50 },
    limit: 50,
    bound: null,
    until: null,
    turn,
    ...more,
  });
  const cap = (of: string) => ({ bound: { count: 20, limit: 20, of } });
  const END = { until: Date.UTC(2026, 10, 26, 8) };
  const TEXTS: readonly (readonly [Reason, Partial<Considered>, string, string])[] = [
    ['CHOSEN', {}, 'chosen', 'ausgewählt'],
    ['NOT_THEIR_TURN', {}, 'number 3 in line', 'auf Platz 3'],
    ['NOT_THEIR_TURN', { turn: null }, 'not their turn', 'nicht an der Reihe'],
    ['LOWER_TIER', {}, 'tier 2, served later', 'Stufe 2, kommt später dran'],
    ['NOT_PREFERRED', {}, 'others are preferred for it', 'andere werden dafür bevorzugt'],
    ['ORDERED_BEHIND', {}, 'behind others in the step’s order', 'steht in der Reihenfolge des Schritts hinter anderen'],
    ['TOO_FAR_AHEAD', {}, 'too far ahead, credit -1,234.50', 'zu weit voraus, Guthaben -1.234,50'],
    ['AT_CAPACITY', {}, 'open 50 of 50', '50 von 50 offen'],
    [
      'AT_CAPACITY',
      { limit: 51 },
      'open 50 of 51, and this lead takes more than the rest',
      '50 von 51 offen, und dieser Lead braucht mehr als den Rest',
    ],
    [
      'AT_POOL_CAPACITY',
      { bound: { count: 5, limit: 5, of: null } },
      'holds 5 of 5 from this pool',
      'hat 5 von 5 aus diesem Pool',
    ],
    ['AT_CLASS_LIMIT', { bound: { count: 3, limit: 3, of: 'hot' } }, 'hot: 3 of 3', 'hot: 3 von 3'],
    ['RATE_CAPPED', cap('HOUR'), 'had 20 of 20 an hour', 'hatte 20 von 20 pro Stunde'],
    ['RATE_CAPPED', cap('DAY'), 'had 20 of 20 a day', 'hatte 20 von 20 pro Tag'],
    ['RATE_CAPPED', cap('WEEK'), 'had 20 of 20 a week', 'hatte 20 von 20 pro Woche'],
    ['RATE_CAPPED', cap('MONTH'), 'had 20 of 20 a month', 'hatte 20 von 20 pro Monat'],
    ['PAUSED', {}, 'paused', 'pausiert'],
    ['PAUSED', END, 'paused until 2026-11-26 08:00 UTC', 'pausiert bis 2026-11-26 08:00 UTC'],
    ['OUT_OF_OFFICE', END, 'out of office until 2026-11-26 08:00 UTC', 'abwesend bis 2026-11-26 08:00 UTC'],
    ['NOT_SEEN', {}, 'not seen for too long', 'zu lange nicht gesehen'],
    ['PUBLIC_HOLIDAY', END, 'public holiday until 2026-11-26 08:00 UTC', 'Feiertag bis 2026-11-26 08:00 UTC'],
    [
      'OUTSIDE_HOURS',
      END,
      'outside working hours until 2026-11-26 08:00 UTC',
      'außerhalb der Arbeitszeit bis 2026-11-26 08:00 UTC',
    ],
    ['BUSY_ALL_DAY', END, 'busy all day until 2026-11-26 08:00 UTC', 'ganztägig beschäftigt bis 2026-11-26 08:00 UTC'],
    ['BUSY', END, 'busy until 2026-11-26 08:00 UTC', 'beschäftigt bis 2026-11-26 08:00 UTC'],
    ['IN_MEETING', END, 'in a meeting until 2026-11-26 08:00 UTC', 'in einer Besprechung bis 2026-11-26 08:00 UTC'],
    ['DECLINED', {}, 'has declined it', 'hat ihn abgelehnt'],
    ['TIMED_OUT', {}, 'has let the offer pass', 'hat das Angebot verstreichen lassen'],
    ['LEFT', {}, 'has left', 'ausgeschieden'],
    ['WEIGHT_ZERO', {}, 'weight 0', 'Gewicht 0'],
    ['DOES_NOT_FIT', {}, 'does not fit', 'passt nicht'],
    ['OWNER_EQUALS_LEAD', {}, 'the lead carries their own address', 'der Lead trägt die eigene Adresse'],
    ['ALREADY_HAD', {}, 'has had it already', 'hatte ihn schon'],
  ];
  test.each(TEXTS)('%s', (reason, more, english, german) => {
    const told = considered(reason, more);
    expect([reasonText(told, 'EN'), reasonText(told, 'DE')]).toEqual([english, german]);
  });

  test('is there for every reason', () => {
    expect(new Set(TEXTS.map(([reason]) => reason))).toEqual(new Set(REASONS));
  });
});
