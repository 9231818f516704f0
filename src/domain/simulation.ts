import type { Absence } from './availability.ts';
import { type Circumstances, decide, type RoutingState } from './decide.ts';
import type { Decision } from './decision.ts';
import type { RoutableLead } from './lead.ts';
import { type KeptTurn, returnTurn } from './returnedTurns.ts';
import { EMPTY_ROTATION, type Rotation } from './rotation.ts';
import type { RoutingConfiguration } from './routingConfiguration.ts';
import { type Holding, NEW_STANDING, type Standing, withAssignment, withLead, withoutLead } from './standing.ts';

/**
 * Decides leads one after the other on a copy of the state, as publishing and submitting them would, and changes
 * nothing else.
 */
export class Simulation implements RoutingState {
  readonly #configuration: RoutingConfiguration;
  readonly #standings: Map<string, Standing>;
  readonly #rotations: Map<string, Rotation>;
  readonly #absences: (repId: string, at: number) => readonly Absence[];
  #lastAssignment: number;

  constructor(
    configuration: RoutingConfiguration,
    start: {
      readonly standings: Iterable<readonly [string, Standing]>;
      readonly rotations: Iterable<readonly [string, Rotation]>;
      /** Number of the last assignment so far. */
      readonly lastAssignment: number;
      /** Everybody is there unless told. */
      readonly absences?: (repId: string, at: number) => readonly Absence[];
    },
  ) {
    this.#configuration = configuration;
    this.#standings = new Map(start.standings);
    this.#rotations = new Map(start.rotations);
    this.#lastAssignment = start.lastAssignment;
    this.#absences = start.absences ?? (() => []);
  }

  rep(repId: string): Standing {
    return this.#standings.get(repId) ?? NEW_STANDING;
  }

  absences(repId: string, at: number): readonly Absence[] {
    return this.#absences(repId, at);
  }

  rotation(id: string): Rotation {
    return this.#rotations.get(id) ?? EMPTY_ROTATION;
  }

  /** Decides a lead and gives it to the rep. */
  route(lead: RoutableLead, circumstances: Circumstances): Decision {
    const decision = decide(lead, this.#configuration, this, circumstances);
    for (const { rotationId, rotation } of decision.turns) this.#rotations.set(rotationId, rotation);
    // Whoever answers for a queue has not received what waits there.
    if (decision.queue === null) this.give(decision.repId, decision, circumstances.at);
    else this.hold(decision.repId, decision);
    return decision;
  }

  /** Lets a rep receive a lead that no rotation has given. */
  give(repId: string, holding: Holding, at: number): void {
    const moments = this.#configuration.settings.momentsOf(repId);
    const held = withLead(this.rep(repId), holding);
    this.#standings.set(repId, withAssignment(held, ++this.#lastAssignment, at, moments));
  }

  /** Lets a rep have a lead that was not received: it came with its owner. */
  hold(repId: string, holding: Holding): void {
    this.#standings.set(repId, withLead(this.rep(repId), holding));
  }

  /** Frees what a lead took up: it was closed, or goes to somebody else. */
  release(repId: string, holding: Holding): void {
    this.#standings.set(repId, withoutLead(this.rep(repId), holding));
  }

  /** Gives back the turns of a lead that was disqualified. @param at when they were taken */
  giveBack(turns: readonly KeptTurn[], at: number): void {
    for (const turn of turns) {
      const { rotationId } = turn;
      this.#rotations.set(
        rotationId,
        returnTurn(turn, at, this.rotation(rotationId), this.#configuration, 'GIVE_BACK'),
      );
    }
  }
}
