import { selectSettings } from '../db/configuration.ts';
import { localDay } from '../domain/localTime.ts';
import { type ConfigurationContext, changeConfiguration } from './change.ts';
import { dueReviews, findPlan, type Review } from './plans.ts';

/** What stands for the whole plan among the reviews that were found due. */
const WHOLE_PLAN = '*';

/**
 * Raises an alert for the published plan and each of its steps whose review is due, once for each version.
 * @returns how many were raised
 */
export function raiseDueReviews(context: ConfigurationContext): Promise<number> {
  return changeConfiguration(context, 'raiseReviews', async (change) => {
    const row = await findPlan(change, '"status" = \'PUBLISHED\'');
    if (!row) return 0;
    const { timeZone } = await selectSettings(change.client, change.workspaceId);
    const today = localDay(change.now.getTime(), timeZone);
    const nameOf = ({ stepKey }: Review): string => stepKey ?? WHOLE_PLAN;
    const due = dueReviews(row, today).filter((review) => !row.reviewsDue.includes(nameOf(review)));
    if (due.length === 0) return 0;
    for (const { stepKey, reviewOn } of due) {
      change.emit({
        kind: 'alert.raised',
        repId: null,
        leadId: null,
        assignmentId: null,
        data: { alert: 'PLAN_REVIEW_DUE', planVersion: row.version, stepKey, reviewOn },
      });
    }
    await change.client.query(
      'UPDATE "PlanVersion" SET "reviewsDue" = "reviewsDue" || $3::text[] WHERE "workspaceId" = $1 AND "id" = $2',
      [change.workspaceId, row.id, due.map(nameOf)],
    );
    return due.length;
  });
}
