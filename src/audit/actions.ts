/**
 * What the audit log speaks of: the mutations that change what a company has set up, who may come in, whose leads many of
 * them are, or what is kept of people, by their names; and what happens without a mutation. Single leads that change hands
 * are in their own history, which names who did it.
 */
export const AUDIT_ACTIONS = [
  'createApiKey',
  'createCalendar',
  'createMetro',
  'createPool',
  'createQueue',
  'createRep',
  'createSegment',
  'createSlaPolicy',
  'createTerritory',
  'decideSpecialties',
  'deleteAccount',
  'deleteCalendar',
  'deleteMetro',
  'deletePool',
  'deleteQueue',
  'deleteRep',
  'deleteSegment',
  'deleteSlaPolicy',
  'deleteTerritory',
  'deriveWeights',
  'eraseLead',
  'exportPerson',
  'importTerritories',
  'movePoolMembers',
  'offboardRep',
  'proposeSpecialties',
  'publishPlan',
  'reassignLeads',
  'redistributeLeads',
  'restorePlan',
  'revertWeights',
  'revokeApiKey',
  'savePlanDraft',
  'setPoolMembers',
  'updateCalendar',
  'updateMetro',
  'updatePool',
  'updateQueue',
  'updateRep',
  'updateSegment',
  'updateSlaPolicy',
  'updateTerritory',
  'updateWorkspace',
  'upsertAccounts',
  /** `fairlead config apply`. */
  'applyConfiguration',
  /** The key that the first start makes, or that a setting asks for. */
  'ensureAdminKey',
  /** Leads that the workspace keeps no longer. */
  'eraseExpired',
  /** A plan whose review has become due. */
  'raiseReviews',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];
