import type { CodegenConfig } from '@graphql-codegen/cli';

/** Typed documents for the tests and the demo, from schema.graphql. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['src/demo/**/*.ts', 'test/**/*.ts'],
  importExtension: '.ts',
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        enumsAsTypes: true,
        useTypeImports: true,
        scalars: { Cursor: 'string', DateTime: 'string', JSON: 'unknown', SequenceNumber: 'number', ID: 'string' },
      },
    },
  },
};

export default config;
