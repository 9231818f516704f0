import './scalars.ts';
import './types/account.ts';
import './types/apiKey.ts';
import './types/audit.ts';
import './types/availability.ts';
import './types/calendar.ts';
import './types/decision.ts';
import './types/event.ts';
import './types/lead.ts';
import './types/metro.ts';
import './types/metrics.ts';
import './types/moves.ts';
import './types/ownership.ts';
import './types/plan.ts';
import './types/pool.ts';
import './types/principal.ts';
import './types/privacy.ts';
import './types/queue.ts';
import './types/rep.ts';
import './types/rotation.ts';
import './types/segment.ts';
import './types/simulation.ts';
import './types/slaPolicy.ts';
import './types/specialties.ts';
import './types/submission.ts';
import './types/territory.ts';
import './types/weights.ts';
import './types/workspace.ts';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { builder } from './builder.ts';

export const schema = builder.toSchema();

/** What stands in schema.graphql. */
export const printedSchema = (): string => `${printSchema(lexicographicSortSchema(schema))}\n`;
