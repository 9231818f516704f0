import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Libraries get graphql's CommonJS build from Node; our own files must not get the other one.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/globalSetup.ts'],
    // Real servers, sockets and property tests: slow on a busy machine, never timed.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The database and the tests share two cores; many tests wait for a server, a deadline or a socket most of the time.
    maxWorkers: 4,
  },
});
