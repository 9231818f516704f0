import type { Retention } from '../domain/configuration.ts';
import { eraseLeads, type PrivacyContext } from './erase.ts';

const DAY_MS = 86_400_000;
/** Looked for at a time. */
const PORTION = 1_000;

/* Nothing has happened with it since: it came, was given to somebody, was worked on and closed before. */
const EXPIRED = `
  SELECT l."id" FROM "Lead" l
  WHERE l."workspaceId" = $1 AND l."status" = $2::"LeadStatus" AND l."receivedAt" < $3 AND l."erasedAt" IS NULL
    AND (l."closedAt" IS NULL OR l."closedAt" < $3)
    AND NOT EXISTS (SELECT FROM "Assignment" a
      WHERE a."workspaceId" = $1 AND a."leadId" = l."id" AND a."assignedAt" >= $3)
    AND NOT EXISTS (SELECT FROM "Activity" a WHERE a."workspaceId" = $1 AND a."leadId" = l."id" AND a."at" >= $3)
  ORDER BY l."receivedAt" LIMIT ${PORTION}`;

/** Erases the leads that the workspace keeps no longer. @returns how many */
export async function eraseExpired(context: PrivacyContext, now: Date): Promise<number> {
  const { database, workspaceId } = context;
  const workspace = await database.prisma.workspace.findUniqueOrThrow({
    where: { id: workspaceId },
    select: { retention: true },
  });
  let erased = 0;
  for (const { status, days } of workspace.retention as unknown as readonly Retention[]) {
    const before = new Date(now.getTime() - days * DAY_MS);
    for (;;) {
      const { rows } = await database.pool.query<{ id: string }>(EXPIRED, [workspaceId, status, before]);
      erased += await eraseLeads(
        context,
        'eraseExpired',
        rows.map(({ id }) => id),
      );
      if (rows.length < PORTION) break;
    }
  }
  return erased;
}
