import { startServer } from '../server.ts';

export const summary = 'start the server (what npm start does)';

/** Runs until a signal comes. */
export async function run(): Promise<number | null> {
  const app = await startServer(process.env);
  if (app.newAdminKey !== null) {
    console.log(`\nAdmin key, shown this once — keep it:\n\n  ${app.newAdminKey}\n`);
  }
  console.log(`Fairlead listens on ${app.url}/graphql`);
  if (app.metricsUrl !== null) console.log(`Prometheus finds its metrics at ${app.metricsUrl}`);
  return null;
}
