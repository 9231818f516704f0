/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type AssignLeadInput = {
  leadId: string;
  /** Pool whose rotation counts it; the one that routed the lead unless told. */
  poolId?: string | null | undefined;
  /** At most 500 characters. */
  reason: string;
  repId: string;
};

/** What a rep, or a manager, says of the rep’s being there. */
export type AvailabilityStatus =
  | 'AVAILABLE'
  | 'BUSY'
  | 'OUT_OF_OFFICE'
  | 'PAUSED';

export type ClaimNextLeadInput = {
  queueId: string;
  /** The caller’s own unless told; a manager’s team, an admin’s anybody. */
  repId?: string | null | undefined;
};

export type CreateApiKeyInput = {
  expiresAt?: string | null | undefined;
  name: string;
  /** Whose key it is; needed for the role REP. */
  repId?: string | null | undefined;
  role: Role;
  /** Narrows the role: leads:submit, leads:read, leads:write, leads:assign, configuration:read, configuration:write, metrics:read, feed:read, workspaceFeed:read, keys:write, audit:read, people:erase, people:export, specialties:propose, specialties:decide. */
  scopes?: Array<string> | null | undefined;
};

/** What a source knows. Text is trimmed; empty text is as good as none. */
export type LeadInput = {
  /** Key of the account the source says the lead belongs to. */
  accountKey?: string | null | undefined;
  /** At most 100, by name: text, numbers, booleans. */
  attributes?: unknown;
  /** When the source captured it; may be old, not in the future. */
  capturedAt?: string | null | undefined;
  city?: string | null | undefined;
  /** Or a web address; taken from the e-mail address unless that is free-mail. */
  companyDomain?: string | null | undefined;
  companyName?: string | null | undefined;
  /** Code or name. */
  country?: string | null | undefined;
  /** `Ada Stone <ada@example.com>` is taken apart. */
  email?: string | null | undefined;
  /** Company size, 0 to 10,000,000. */
  employees?: number | null | undefined;
  /** At most 100 characters. */
  firstName?: string | null | undefined;
  icp?: boolean | null | undefined;
  /** Text, or a code of NAICS or NACE. */
  industry?: string | null | undefined;
  jobTitle?: string | null | undefined;
  /** BCP 47. */
  language?: string | null | undefined;
  /** At most 100 characters. */
  lastName?: string | null | undefined;
  /** Degrees; with longitude, or neither. */
  latitude?: number | null | undefined;
  longitude?: number | null | undefined;
  /** At most 10,000 characters. */
  message?: string | null | undefined;
  /** Key or name of a metro area; worked out from the place unless told. */
  metro?: string | null | undefined;
  /** Key of the rep who owns it already: it stays so and takes no turn. Needs leads:assign. */
  ownerKey?: string | null | undefined;
  /** With country code, unless `country` is given. */
  phone?: string | null | undefined;
  postalCode?: string | null | undefined;
  /** −1,000 to 1,000; 0 unless told. What waits with a higher one is served first. */
  priority?: number | null | undefined;
  productInterest?: string | null | undefined;
  qualification?: Qualification | null | undefined;
  /** ISO 3166-2, or code or name within the country. */
  region?: string | null | undefined;
  requestKind?: RequestKind | null | undefined;
  /** 0 to 100. */
  score?: number | null | undefined;
  /** `api` unless told. */
  source?: string | null | undefined;
  /** Of a lead that comes with its owner; ASSIGNED unless told. */
  status?: LeadStatus | null | undefined;
  /** IANA. */
  timeZone?: string | null | undefined;
};

/** WON, LOST and DISQUALIFIED are closed; the others are open and count as load. */
export type LeadStatus =
  | 'ASSIGNED'
  | 'CONTACTED'
  | 'DISQUALIFIED'
  | 'LOST'
  | 'NEW'
  | 'OPPORTUNITY'
  | 'QUALIFIED'
  | 'WON';

/** How an assignment came about. */
export type Method =
  | 'ACCOUNT_OWNER'
  | 'CLAIM'
  | 'DEFAULT'
  | 'DUPLICATE'
  | 'ESCALATION'
  | 'FALLBACK'
  | 'MANUAL'
  | 'NAMED_ACCOUNT'
  | 'OFFBOARDING'
  | 'QUEUE'
  | 'REASSIGNMENT'
  | 'SEGMENT'
  | 'SPECIALIZATION'
  | 'TERRITORY';

/** What becomes of the open leads of a rep whose absence begins: they stay, go to the delegate, or are given out by the plan. */
export type OpenLeads =
  | 'DELEGATE'
  | 'KEEP'
  | 'REDISTRIBUTE';

/** By marketing (MQL), by sales (SQL), or not yet. */
export type Qualification =
  | 'MQL'
  | 'NONE'
  | 'SQL';

/** What the person asked for. */
export type RequestKind =
  | 'CONTACT_SALES'
  | 'DEMO'
  | 'DOWNLOAD'
  | 'EVENT'
  | 'OTHER'
  | 'PRICING'
  | 'TRIAL';

/** A named set of scopes: ADMIN everything; MANAGER the team, or the workspace when no rep; REP their own leads; PARTNER what it submitted; VIEWER metrics. */
export type Role =
  | 'ADMIN'
  | 'MANAGER'
  | 'PARTNER'
  | 'REP'
  | 'VIEWER';

export type SetAvailabilityInput = {
  /** OUT_OF_OFFICE: who stands in; the backup unless told. */
  delegateId?: string | null | undefined;
  /** OUT_OF_OFFICE: now unless told. */
  from?: string | null | undefined;
  /** At most 500 characters. */
  note?: string | null | undefined;
  /** OUT_OF_OFFICE and PAUSED: what becomes of the open leads when it begins; KEEP unless told. */
  openLeads?: OpenLeads | null | undefined;
  /** The caller’s own unless told; a manager’s team, an admin’s anybody. */
  repId?: string | null | undefined;
  status: AvailabilityStatus;
  /** Needed for BUSY and OUT_OF_OFFICE; PAUSED without it lasts until further notice. */
  until?: string | null | undefined;
};

export type SubmitLeadInput = {
  /** Unique per source, at most 200 characters. The same key is answered with the same lead. */
  idempotencyKey?: string | null | undefined;
  lead: LeadInput;
};

export type DemoRepsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type DemoRepsQuery = { reps: { edges: Array<{ node: { id: string, key: string, name: string } }> } };

export type DemoRepKeyMutationVariables = Exact<{
  input: CreateApiKeyInput;
}>;


export type DemoRepKeyMutation = { createApiKey:
    | { __typename: 'CreateApiKeySuccess', secret: string }
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'RefusedError', message: string }
   };

export type DemoSubmitMutationVariables = Exact<{
  input: SubmitLeadInput;
}>;


export type DemoSubmitMutation = { submitLead:
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'RefusedError', message: string }
    | { __typename: 'SubmitLeadSuccess', lead: { id: string }, assignment: { method: Method, rep: { id: string, name: string }, pool: { key: string } | null, decision: { summary: string } } }
   };

export type DemoAvailabilityMutationVariables = Exact<{
  input: SetAvailabilityInput;
}>;


export type DemoAvailabilityMutation = { setAvailability:
    | { __typename: 'AvailabilitySuccess' }
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'RefusedError', message: string }
   };

export type DemoCallbacksQueryVariables = Exact<{ [key: string]: never; }>;


export type DemoCallbacksQuery = { queue: { id: string, pool: { members: Array<{ rep: { id: string } }> } } | null };

export type DemoClaimMutationVariables = Exact<{
  input: ClaimNextLeadInput;
}>;


export type DemoClaimMutation = { claimNextLead:
    | { __typename: 'ClaimSuccess', assignment: { method: Method, reason: string | null, rep: { name: string } } }
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'RefusedError', message: string }
   };

export type DemoOwnerQueryVariables = Exact<{
  id: string;
}>;


export type DemoOwnerQuery = { lead: { assignment: { method: Method, rep: { name: string }, decision: { summary: string } } } | null };

export type FeedTestOwnersQueryVariables = Exact<{
  rep: string;
}>;


export type FeedTestOwnersQuery = { rep: { id: string } | null, leads: { edges: Array<{ node: { id: string, owner: { key: string } } }> } };

export type FeedTestAssignMutationVariables = Exact<{
  input: AssignLeadInput;
}>;


export type FeedTestAssignMutation = { assignLead:
    | { __typename: 'AssignLeadSuccess' }
    | { __typename: 'InvalidInputError' }
    | { __typename: 'RefusedError' }
   };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const DemoRepsDocument = new TypedDocumentString(`
    query DemoReps($after: String) {
  reps(first: 100, after: $after) {
    edges {
      node {
        id
        key
        name
      }
    }
  }
}
    `) as unknown as TypedDocumentString<DemoRepsQuery, DemoRepsQueryVariables>;
export const DemoRepKeyDocument = new TypedDocumentString(`
    mutation DemoRepKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    __typename
    ... on CreateApiKeySuccess {
      secret
    }
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<DemoRepKeyMutation, DemoRepKeyMutationVariables>;
export const DemoSubmitDocument = new TypedDocumentString(`
    mutation DemoSubmit($input: SubmitLeadInput!) {
  submitLead(input: $input) {
    __typename
    ... on SubmitLeadSuccess {
      lead {
        id
      }
      assignment {
        method
        rep {
          id
          name
        }
        pool {
          key
        }
        decision {
          summary
        }
      }
    }
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<DemoSubmitMutation, DemoSubmitMutationVariables>;
export const DemoAvailabilityDocument = new TypedDocumentString(`
    mutation DemoAvailability($input: SetAvailabilityInput!) {
  setAvailability(input: $input) {
    __typename
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<DemoAvailabilityMutation, DemoAvailabilityMutationVariables>;
export const DemoCallbacksDocument = new TypedDocumentString(`
    query DemoCallbacks {
  queue(key: "callbacks") {
    id
    pool {
      members {
        rep {
          id
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<DemoCallbacksQuery, DemoCallbacksQueryVariables>;
export const DemoClaimDocument = new TypedDocumentString(`
    mutation DemoClaim($input: ClaimNextLeadInput!) {
  claimNextLead(input: $input) {
    __typename
    ... on ClaimSuccess {
      assignment {
        method
        reason
        rep {
          name
        }
      }
    }
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<DemoClaimMutation, DemoClaimMutationVariables>;
export const DemoOwnerDocument = new TypedDocumentString(`
    query DemoOwner($id: ID!) {
  lead(id: $id) {
    assignment {
      method
      rep {
        name
      }
      decision {
        summary
      }
    }
  }
}
    `) as unknown as TypedDocumentString<DemoOwnerQuery, DemoOwnerQueryVariables>;
export const FeedTestOwnersDocument = new TypedDocumentString(`
    query FeedTestOwners($rep: String!) {
  rep(key: $rep) {
    id
  }
  leads(first: 3) {
    edges {
      node {
        id
        owner {
          key
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<FeedTestOwnersQuery, FeedTestOwnersQueryVariables>;
export const FeedTestAssignDocument = new TypedDocumentString(`
    mutation FeedTestAssign($input: AssignLeadInput!) {
  assignLead(input: $input) {
    __typename
  }
}
    `) as unknown as TypedDocumentString<FeedTestAssignMutation, FeedTestAssignMutationVariables>;