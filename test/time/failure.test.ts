import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { onePool } from '../support/companies.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  await app.apply(onePool(3));
});
afterAll(() => app.stop());

test('a deadline that cannot be carried out holds up no other, and is tried again a minute later', async () => {
  const { prisma } = app.database;
  const emails = ['broken@example.com', 'sound@example.com'];
  for (const email of emails) {
    const query = `mutation { submitLead(input: { lead: { email: "${email}" } }) { __typename } }`;
    expect((await app.send(query)).data).toEqual({ submitLead: { __typename: 'SubmitLeadSuccess' } });
  }
  const [broken, sound] = await Promise.all(
    emails.map((email) => prisma.lead.findFirstOrThrow({ where: { email }, include: { assignments: true } })),
  );
  const subjectId = broken?.assignments[0]?.id ?? '';
  const { data } = await prisma.deadline.findFirstOrThrow({ where: { subjectId } });
  await prisma.deadline.updateMany({ where: { subjectId }, data: { data: {} } });

  app.clock.advance(2 * 3_600_000);
  await app.sweep();
  const ownersOf = (leadId: string) => prisma.assignment.count({ where: { leadId } });
  expect([await ownersOf(broken?.id ?? ''), await ownersOf(sound?.id ?? '')]).toEqual([1, 2]);

  await prisma.deadline.updateMany({ where: { subjectId }, data: { data: data as object } });
  await app.sweep();
  expect(await ownersOf(broken?.id ?? '')).toBe(1);
  app.clock.advance(60_000);
  await app.sweep();
  expect(await ownersOf(broken?.id ?? '')).toBe(2);
});
