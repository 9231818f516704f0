import { readFile } from 'node:fs/promises';
import { type GraphQLObjectType, isObjectType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../src/domain/errors.ts';
import { REQUEST_ERRORS } from '../../src/graphql/errors.ts';
import { printedSchema, schema } from '../../src/graphql/schema.ts';

const file = (name: string): Promise<string> => readFile(new URL(`../../${name}`, import.meta.url), 'utf8');

const objectTypes: readonly GraphQLObjectType[] = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .filter(({ name }) => !name.startsWith('__'));
const isRoot = ({ name }: GraphQLObjectType): boolean => ['Query', 'Mutation', 'Subscription'].includes(name);

const hasPolicy = ({ extensions }: { readonly extensions: unknown }): boolean => {
  const { pothosOptions } = extensions as { readonly pothosOptions?: { readonly authScopes?: object } };
  return Object.keys(pothosOptions?.authScopes ?? {}).length > 0;
};

describe('the schema', () => {
  test('prints exactly what stands in schema.graphql', async () => {
    expect(printedSchema()).toBe(await file('schema.graphql'));
  });

  test('has a policy on each field of Query, Mutation and Subscription', () => {
    const fields = objectTypes
      .filter(isRoot)
      .flatMap((type) =>
        Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, field })),
      );
    expect(fields.length).toBeGreaterThan(40);
    expect(fields.filter(({ field }) => !hasPolicy(field)).map(({ name }) => name)).toEqual([]);
  });

  test('has a policy on each object type', () => {
    const types = objectTypes.filter((type) => !isRoot(type));
    expect(types.length).toBeGreaterThan(60);
    expect(types.filter((type) => !hasPolicy(type)).map(({ name }) => name)).toEqual([]);
  });

  test('says of each query, mutation and subscription what it does', () => {
    const mute = objectTypes
      .filter(isRoot)
      .flatMap((type) => Object.values(type.getFields()).filter(({ description }) => !description));
    expect(mute.map(({ name }) => name)).toEqual([]);
  });

  test('has the error codes of the domain', () => {
    const { getValues } = schema.getType('ErrorCode') as unknown as {
      getValues(): readonly { readonly name: string }[];
    };
    expect(
      getValues
        .call(schema.getType('ErrorCode'))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(ERROR_CODES).sort());
  });
});

describe('docs/errors.md', () => {
  const row = /^\| `([A-Z_]+)` \|(?: (\d{3}) \|)? (.*) \|$/gm;

  test('lists each code with its HTTP status and what the code says of itself', async () => {
    const listed = [...(await file('docs/errors.md')).matchAll(row)].map(([, code, status, description]) => [
      code,
      status,
      description,
    ]);
    expect(listed).toEqual([
      ...Object.entries(ERROR_CODES).map(([code, description]) => [code, undefined, description]),
      ...Object.entries(REQUEST_ERRORS).map(([code, { status, description }]) => [code, String(status), description]),
    ]);
  });
});
