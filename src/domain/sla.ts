import type { Condition } from './condition.ts';
import type { LeadStatus } from './lead.ts';
import { afterWorkingTime, type WorkingHours } from './workingHours.ts';

/*
 * How long a lead may wait for its owner's first contact, and what happens meanwhile: a ladder whose rungs are reached
 * one after the other. All of them are fixed when the lead gets its owner.
 */

export const SLA_CLOCKS = ['REAL', 'WORKING'] as const;
/** REAL: time goes on day and night. WORKING: only while the owner works. */
export type SlaClock = (typeof SLA_CLOCKS)[number];

export const RUNG_ACTIONS = ['REMIND', 'SET_STATUS', 'PAUSE_REP', 'REASSIGN'] as const;

/** What happens when the owner has not been in contact for so long. */
export interface Rung {
  /** Since the lead got its owner. */
  readonly afterSeconds: number;
  readonly action: (typeof RUNG_ACTIONS)[number];
  /** REMIND: by which channel; null for all. */
  readonly channel: string | null;
  /** SET_STATUS: the lead's next status. */
  readonly status: Exclude<LeadStatus, 'NEW'> | null;
  /** PAUSE_REP: for how long; null until further notice. */
  readonly pauseSeconds: number | null;
  /** REASSIGN: whether the owner's backup comes before the others of the step that routed it. */
  readonly backupFirst: boolean;
}

export const RUNG_DEFAULTS = { channel: null, status: null, pauseSeconds: null, backupFirst: false } as const;

export interface SlaPolicy {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  /** The first whose condition holds counts. */
  readonly position: number;
  /** Null matches every lead. */
  readonly condition: Condition | null;
  readonly clock: SlaClock;
  /** In the order in which they are reached. */
  readonly rungs: readonly Rung[];
}

/** Of leads to which no policy applies: after two hours without contact the backup has it. */
export const DEFAULT_POLICY: SlaPolicy = {
  id: '',
  key: 'default',
  name: 'Two hours, then the backup',
  position: 0,
  condition: null,
  clock: 'REAL',
  rungs: [{ ...RUNG_DEFAULTS, afterSeconds: 7_200, action: 'REASSIGN', backupFirst: true }],
};

/** A ladder as it is fixed for one assignment. */
export interface Ladder {
  readonly rungs: readonly Rung[];
  /** When each rung is due, in ms since 1970. */
  readonly dueAts: readonly number[];
  /** When contact is due: with the first rung that takes the lead away, or else the last. */
  readonly dueAt: number;
  /** The rung that is due with it. */
  readonly dueRung: number;
}

/**
 * @param hours of the owner; null for always
 * @param at when the owner got the lead, in ms since 1970
 * @returns null for a policy without rungs
 */
export function ladderOf({ clock, rungs }: SlaPolicy, hours: WorkingHours | null, at: number): Ladder | null {
  if (rungs.length === 0) return null;
  const dueAts = rungs.map(({ afterSeconds }) => dueAfter(afterSeconds * 1_000, clock, hours, at));
  const taking = rungs.findIndex(({ action }) => action === 'REASSIGN');
  const dueRung = taking < 0 ? rungs.length - 1 : taking;
  return { rungs, dueAts, dueRung, dueAt: dueAts[dueRung] as number };
}

/** Where an owner has no working time to come, real time counts: no lead waits for ever. */
function dueAfter(duration: number, clock: SlaClock, hours: WorkingHours | null, at: number): number {
  const due = clock === 'WORKING' && hours !== null ? afterWorkingTime(hours, at, duration) : at + duration;
  return Number.isFinite(due) ? due : at + duration;
}
