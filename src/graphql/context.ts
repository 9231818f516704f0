import type { Principal } from '../auth/principal.ts';
import { type Visibility, visibilityOf } from '../auth/visibility.ts';
import type { Clock } from '../clock.ts';
import type { ConfigurationContext } from '../configuration/change.ts';
import type { Database } from '../db/client.ts';
import type { Hub } from '../events/hub.ts';
import type { Intake } from '../intake/submitLeads.ts';
import type { Secrets } from '../secrets/seal.ts';
import { unauthenticated } from './errors.ts';
import { NO_ID } from './ids.ts';
import { createLoaders, type Loaders } from './loaders.ts';

/** What the server hands to every operation. */
export interface Services {
  readonly database: Database;
  readonly clock: Clock;
  readonly hub: Hub;
  readonly intake: Intake;
  /** What calendars are read with, to be kept or shown in part. */
  readonly secrets: Secrets;
}

/** One operation's surroundings. A subscription keeps its own for as long as it lasts. */
export interface Context extends Services {
  readonly principal: Principal | null;
  /** Batches look-ups within the principal's workspace. */
  readonly loaders: Loaders;
  /** Whose leads the principal sees. */
  visibility(): Promise<Visibility>;
  /** Closes the socket or stream of a subscription that has stopped reading. */
  readonly closeSlow: () => void;
}

/** How soon a subscription notices that a team has changed. */
const VISIBILITY_MS = 15_000;

/** @param subscription how to close it, when the operation is one; null for queries and mutations */
export function createContext(
  services: Services,
  principal: Principal | null,
  subscription: (() => void) | null,
): Context {
  let visibility: Promise<Visibility> | undefined;
  let readAt = 0;
  const currentVisibility = (): Promise<Visibility> => {
    if (principal === null) return Promise.resolve({ of: 'none' });
    if (visibility === undefined || performance.now() - readAt > VISIBILITY_MS) {
      readAt = performance.now();
      visibility = visibilityOf(services.database, principal);
      // What failed once is not to fail for as long as the subscription lasts.
      visibility.catch(() => {
        visibility = undefined;
      });
    }
    return visibility;
  };
  const { database } = services;
  return {
    ...services,
    principal,
    loaders: createLoaders({
      database,
      // Without a workspace nothing is found.
      workspaceId: principal?.workspaceId ?? NO_ID,
      cache: subscription === null,
      visibility: currentVisibility,
      clock: services.clock,
    }),
    visibility: currentVisibility,
    closeSlow: subscription ?? (() => {}),
  };
}

/** The principal of an operation that needs one. @throws GraphQLError UNAUTHENTICATED */
export function signedIn({ principal }: Pick<Context, 'principal'>): Principal {
  if (principal === null) throw unauthenticated();
  return principal;
}

/** For the services that change the configuration. */
export function configurationContext(context: Context): ConfigurationContext {
  const { workspaceId, name } = signedIn(context);
  const { database, clock, hub } = context;
  return { database, workspaceId, by: name, clock, committed: hub.committed };
}
