/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  query DemoReps($after: String) {\n    reps(first: 100, after: $after) {\n      edges { node { id key name } }\n    }\n  }\n": typeof types.DemoRepsDocument,
    "\n  mutation DemoRepKey($input: CreateApiKeyInput!) {\n    createApiKey(input: $input) {\n      __typename\n      ... on CreateApiKeySuccess { secret }\n      ... on Error { message }\n    }\n  }\n": typeof types.DemoRepKeyDocument,
    "\n  mutation DemoSubmit($input: SubmitLeadInput!) {\n    submitLead(input: $input) {\n      __typename\n      ... on SubmitLeadSuccess {\n        lead { id }\n        assignment { method rep { id name } pool { key } decision { summary } }\n      }\n      ... on Error { message }\n    }\n  }\n": typeof types.DemoSubmitDocument,
    "\n  mutation DemoAvailability($input: SetAvailabilityInput!) {\n    setAvailability(input: $input) {\n      __typename\n      ... on Error { message }\n    }\n  }\n": typeof types.DemoAvailabilityDocument,
    "\n  query DemoCallbacks {\n    queue(key: \"callbacks\") { id pool { members { rep { id } } } }\n  }\n": typeof types.DemoCallbacksDocument,
    "\n  mutation DemoClaim($input: ClaimNextLeadInput!) {\n    claimNextLead(input: $input) {\n      __typename\n      ... on ClaimSuccess { assignment { method reason rep { name } } }\n      ... on Error { message }\n    }\n  }\n": typeof types.DemoClaimDocument,
    "\n  query DemoOwner($id: ID!) {\n    lead(id: $id) { assignment { method rep { name } decision { summary } } }\n  }\n": typeof types.DemoOwnerDocument,
    "\n  query FeedTestOwners($rep: String!) {\n    rep(key: $rep) { id }\n    leads(first: 3) { edges { node { id owner { key } } } }\n  }\n": typeof types.FeedTestOwnersDocument,
    "\n  mutation FeedTestAssign($input: AssignLeadInput!) {\n    assignLead(input: $input) { __typename }\n  }\n": typeof types.FeedTestAssignDocument,
};
const documents: Documents = {
    "\n  query DemoReps($after: String) {\n    reps(first: 100, after: $after) {\n      edges { node { id key name } }\n    }\n  }\n": types.DemoRepsDocument,
    "\n  mutation DemoRepKey($input: CreateApiKeyInput!) {\n    createApiKey(input: $input) {\n      __typename\n      ... on CreateApiKeySuccess { secret }\n      ... on Error { message }\n    }\n  }\n": types.DemoRepKeyDocument,
    "\n  mutation DemoSubmit($input: SubmitLeadInput!) {\n    submitLead(input: $input) {\n      __typename\n      ... on SubmitLeadSuccess {\n        lead { id }\n        assignment { method rep { id name } pool { key } decision { summary } }\n      }\n      ... on Error { message }\n    }\n  }\n": types.DemoSubmitDocument,
    "\n  mutation DemoAvailability($input: SetAvailabilityInput!) {\n    setAvailability(input: $input) {\n      __typename\n      ... on Error { message }\n    }\n  }\n": types.DemoAvailabilityDocument,
    "\n  query DemoCallbacks {\n    queue(key: \"callbacks\") { id pool { members { rep { id } } } }\n  }\n": types.DemoCallbacksDocument,
    "\n  mutation DemoClaim($input: ClaimNextLeadInput!) {\n    claimNextLead(input: $input) {\n      __typename\n      ... on ClaimSuccess { assignment { method reason rep { name } } }\n      ... on Error { message }\n    }\n  }\n": types.DemoClaimDocument,
    "\n  query DemoOwner($id: ID!) {\n    lead(id: $id) { assignment { method rep { name } decision { summary } } }\n  }\n": types.DemoOwnerDocument,
    "\n  query FeedTestOwners($rep: String!) {\n    rep(key: $rep) { id }\n    leads(first: 3) { edges { node { id owner { key } } } }\n  }\n": types.FeedTestOwnersDocument,
    "\n  mutation FeedTestAssign($input: AssignLeadInput!) {\n    assignLead(input: $input) { __typename }\n  }\n": types.FeedTestAssignDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query DemoReps($after: String) {\n    reps(first: 100, after: $after) {\n      edges { node { id key name } }\n    }\n  }\n"): typeof import('./graphql.ts').DemoRepsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DemoRepKey($input: CreateApiKeyInput!) {\n    createApiKey(input: $input) {\n      __typename\n      ... on CreateApiKeySuccess { secret }\n      ... on Error { message }\n    }\n  }\n"): typeof import('./graphql.ts').DemoRepKeyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DemoSubmit($input: SubmitLeadInput!) {\n    submitLead(input: $input) {\n      __typename\n      ... on SubmitLeadSuccess {\n        lead { id }\n        assignment { method rep { id name } pool { key } decision { summary } }\n      }\n      ... on Error { message }\n    }\n  }\n"): typeof import('./graphql.ts').DemoSubmitDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DemoAvailability($input: SetAvailabilityInput!) {\n    setAvailability(input: $input) {\n      __typename\n      ... on Error { message }\n    }\n  }\n"): typeof import('./graphql.ts').DemoAvailabilityDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query DemoCallbacks {\n    queue(key: \"callbacks\") { id pool { members { rep { id } } } }\n  }\n"): typeof import('./graphql.ts').DemoCallbacksDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DemoClaim($input: ClaimNextLeadInput!) {\n    claimNextLead(input: $input) {\n      __typename\n      ... on ClaimSuccess { assignment { method reason rep { name } } }\n      ... on Error { message }\n    }\n  }\n"): typeof import('./graphql.ts').DemoClaimDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query DemoOwner($id: ID!) {\n    lead(id: $id) { assignment { method rep { name } decision { summary } } }\n  }\n"): typeof import('./graphql.ts').DemoOwnerDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query FeedTestOwners($rep: String!) {\n    rep(key: $rep) { id }\n    leads(first: 3) { edges { node { id owner { key } } } }\n  }\n"): typeof import('./graphql.ts').FeedTestOwnersDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation FeedTestAssign($input: AssignLeadInput!) {\n    assignLead(input: $input) { __typename }\n  }\n"): typeof import('./graphql.ts').FeedTestAssignDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
