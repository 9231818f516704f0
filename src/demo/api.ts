import { graphql } from '../gql/gql.ts';
import type { TypedDocumentString } from '../gql/graphql.ts';

/** Sends an operation to a server, as any HTTP client would. @throws Error with what the server said */
export async function request<Result, Variables>(
  url: string,
  key: string,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Result; errors?: { message: string }[] };
  if (!data) throw new Error(errors?.map(({ message }) => message).join('; ') ?? `HTTP ${response.status}`);
  return data;
}

export const RepsDocument = graphql(`
  query DemoReps($after: String) {
    reps(first: 100, after: $after) {
      edges { node { id key name } }
    }
  }
`);

export const RepKeyDocument = graphql(`
  mutation DemoRepKey($input: CreateApiKeyInput!) {
    createApiKey(input: $input) {
      __typename
      ... on CreateApiKeySuccess { secret }
      ... on Error { message }
    }
  }
`);

export const SubmitDocument = graphql(`
  mutation DemoSubmit($input: SubmitLeadInput!) {
    submitLead(input: $input) {
      __typename
      ... on SubmitLeadSuccess {
        lead { id }
        assignment { method rep { id name } pool { key } decision { summary } }
      }
      ... on Error { message }
    }
  }
`);

export const AvailabilityDocument = graphql(`
  mutation DemoAvailability($input: SetAvailabilityInput!) {
    setAvailability(input: $input) {
      __typename
      ... on Error { message }
    }
  }
`);

export const CallbacksDocument = graphql(`
  query DemoCallbacks {
    queue(key: "callbacks") { id pool { members { rep { id } } } }
  }
`);

export const ClaimDocument = graphql(`
  mutation DemoClaim($input: ClaimNextLeadInput!) {
    claimNextLead(input: $input) {
      __typename
      ... on ClaimSuccess { assignment { method reason rep { name } } }
      ... on Error { message }
    }
  }
`);

export const OwnerDocument = graphql(`
  query DemoOwner($id: ID!) {
    lead(id: $id) { assignment { method rep { name } decision { summary } } }
  }
`);
