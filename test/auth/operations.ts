import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { schema } from '../../src/graphql/schema.ts';

/*
 * Operations made from the schema itself, so that a field added tomorrow is tested without anybody thinking of it.
 */

export type RootName = 'Query' | 'Mutation' | 'Subscription';

/** A root field, as `Query.lead`. */
export interface RootField {
  readonly root: RootName;
  readonly name: string;
  readonly field: GraphQLField<unknown, unknown>;
}

export const rootFields: readonly RootField[] = (['Query', 'Mutation', 'Subscription'] as const).flatMap((root) => {
  const type = schema.getType(root);
  return isObjectType(type)
    ? Object.values(type.getFields()).map((field) => ({ root, name: `${root}.${field.name}`, field }))
    : [];
});

type Slot = GraphQLArgument | GraphQLInputField;
type Path = readonly string[];

const isId = (type: GraphQLInputType): boolean => getNamedType(type).name === 'ID';

/** Where ids can be given to a field: names from the arguments down, each input type once. */
export function idPaths({ field }: RootField): Path[] {
  const walk = (slots: readonly Slot[], above: Path, seen: readonly string[]): Path[] =>
    slots.flatMap((slot): Path[] => {
      const path = [...above, slot.name];
      const type = getNamedType(slot.type);
      if (isId(slot.type)) return [path];
      if (!isInputObjectType(type) || seen.includes(type.name)) return [];
      return walk(Object.values(type.getFields()), path, [...seen, type.name]);
    });
  return walk(field.args, [], []);
}

let counter = 0;
/** Not used before. */
const fresh = (name: string): string => {
  counter += 1;
  return name === 'email' ? `probe-${counter}@probe.example` : `probe-${counter}`;
};

export interface Filling {
  /** What stands for a required id. @param name of the argument or input field */
  readonly ownId: (name: string) => string;
  /** An id to be given at one place beside all that is required. */
  readonly probe?: { readonly path: Path; readonly id: string };
}

/** An operation on one field with the least that it takes, asking for the plain fields of what it answers with. */
export function leastOperation(
  { root, field }: RootField,
  { ownId, probe }: Filling,
): { query: string; variables: object } {
  const filled = (slot: Slot, type: GraphQLInputType, rest: Path | null): unknown => {
    const nullable = getNullableType(type);
    if (isListType(nullable)) return rest === null ? [] : [filled(slot, nullable.ofType, rest)];
    if (isInputObjectType(nullable)) return objectOf(Object.values(nullable.getFields()), rest);
    if (isEnumType(nullable)) return nullable.getValues()[0]?.name;
    switch (nullable.toString()) {
      case 'ID':
        return rest === null ? ownId(slot.name) : probe?.id;
      case 'Int':
      case 'Float':
        return 1;
      case 'Boolean':
        return true;
      case 'DateTime':
        return slot.name === 'to' ? '2026-12-31T00:00:00Z' : '2026-01-01T00:00:00Z';
      case 'JSON':
        return {};
      default:
        return fresh(slot.name);
    }
  };
  const objectOf = (slots: readonly Slot[], rest: Path | null): Record<string, unknown> =>
    Object.fromEntries(
      slots.flatMap((slot): [string, unknown][] => {
        const isProbed = rest?.[0] === slot.name;
        if (!isProbed && !isNonNullType(slot.type)) return [];
        return [[slot.name, filled(slot, slot.type, isProbed ? rest.slice(1) : null)]];
      }),
    );
  const variables = objectOf(field.args, probe?.path ?? null);
  const given = field.args.filter(({ name }) => name in variables);
  const declared = given.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const passed = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const query = `${root.toLowerCase()} ${declared && `(${declared})`} { ${field.name}${passed && `(${passed})`} ${selection(field.type)} }`;
  return { query, variables };
}

function selection(type: GraphQLOutputType): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (isUnionType(named)) {
    const successes = named.getTypes().filter((each) => each.getInterfaces().every(({ name }) => name !== 'Error'));
    const plain = successes.map((each) => `... on ${each.name} { __typename ${plainFields(each)} }`).join(' ');
    return `{ __typename ... on Error { code message } ... on InvalidInputError { issues { path message } } ${plain} }`;
  }
  if (!isObjectType(named)) return '{ __typename }';
  const edges = named.name.endsWith('Connection') ? 'edges { node { __typename } }' : '';
  return `{ __typename ${plainFields(named)} ${edges} }`;
}

const plainFields = (type: GraphQLObjectType): string =>
  Object.values(type.getFields())
    .filter((field) => isLeafType(getNamedType(field.type)) && field.args.length === 0)
    .map(({ name }) => name)
    .join(' ');
