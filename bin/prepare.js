// Runs after `npm ci`: generates the Prisma client and, in a checkout with the development tools, the JavaScript of
// `fairlead/client`. Downloads nothing.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tool = (name) => join(root, 'node_modules', '.bin', name);

/** Runs a tool quietly; its output is shown only when it fails. */
function run(name, args) {
  try {
    execFileSync(tool(name), args, { cwd: root, stdio: 'pipe' });
  } catch (error) {
    process.stderr.write(`${error.stdout ?? ''}${error.stderr ?? ''}`);
    console.error(`\`${name} ${args.join(' ')}\` failed; its output is above.`);
    process.exit(1);
  }
}

run('prisma', ['generate']);
if (existsSync(tool('tsc'))) run('tsc', ['-p', 'tsconfig.client.json']);
