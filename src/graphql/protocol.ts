export const GRAPHQL_PATH = '/graphql';

/** Limits of the protocol; what is beyond them is refused with a code. */
export const PROTOCOL_LIMITS = {
  bodyBytes: 1_048_576,
  frameBytes: 65_536,
  tokens: 5_000,
  depth: 16,
  aliases: 30,
  directives: 30,
  subscriptionsPerSocket: 50,
  connectionInitMs: 3_000,
  /** How deeply lists and objects may be nested in the variables. */
  variablesDepth: 64,
  /** A query or mutation that is not done by then is answered with UNAVAILABLE. */
  requestMs: 10_000,
} as const;
