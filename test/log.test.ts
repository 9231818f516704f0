import { expect, test } from 'vitest';
import { ADMIN_KEY } from './support/app.ts';
import { forbiddenIn, scannedLog } from './support/scannedLog.ts';

/* Every test that starts a server looks through all that it logs for what must not be there. */

test.each<[string, string]>([
  [`{"msg":"x","key":"${ADMIN_KEY}"}`, 'an API key'],
  ['{"authorization":"Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"}', 'a token'],
  ['{"detail":"Key (email)=(ada@lovelace.example) already exists."}', 'an e-mail address'],
  ['{"lead":{"phone":"+4930901820"}}', 'a phone number'],
  ['{"url":"postgresql://fairlead:hunter2@db.example/fairlead"}', 'a password'],
])('%s is found to hold %s', (line, what) => {
  expect(forbiddenIn(line)).toContain(what);
});

test('a log with such a line is told of at the end, one without is not', () => {
  const { log, check } = scannedLog();
  log.info({ requestId: 'web-1', principal: 'key:cw12tndlrs5y', at: '2026-03-02T09:00:00Z' }, 'call');
  expect(check).not.toThrow();
  log.trace({ who: 'ada@lovelace.example' }, 'seen');
  log.trace('nothing more');
  expect(check).toThrow(/an e-mail address is in the log: .*ada@lovelace/);
});
