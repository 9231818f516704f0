import { benchDecide } from './decide.ts';
import { benchDelivery } from './delivery/main.ts';
import { benchGrowth } from './growth.ts';
import { benchIntake } from './intake.ts';
import { agent } from './load.ts';
import { benchProcesses } from './processes.ts';
import { benchRowSecurity } from './rowSecurity.ts';

/*
 * npm run bench: everything side by side in one run, one JSON line per comparison. npm run bench -- SECTION … runs some
 * of it alone.
 */

const SECTIONS: Readonly<Record<string, () => void | Promise<void>>> = {
  decide: benchDecide,
  intake: benchIntake,
  growth: benchGrowth,
  processes: benchProcesses,
  delivery: benchDelivery,
  rowSecurity: benchRowSecurity,
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !Object.hasOwn(SECTIONS, name));
if (unknown.length > 0) {
  console.error(`There is no section ${unknown.join(', ')}. Choose from ${Object.keys(SECTIONS).join(', ')}.`);
  process.exit(1);
}
for (const [name, run] of Object.entries(SECTIONS)) if (chosen.length === 0 || chosen.includes(name)) await run();
agent.destroy();
