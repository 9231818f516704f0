#!/usr/bin/env node
// Plain JavaScript, so that an old Node can still say what is wrong.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [major] = process.versions.node.split('.');
if (Number(major) < 24) {
  console.error(
    `This is Node ${process.versions.node}; Fairlead runs on Node 24, which npm ci installs beside it. ` +
      'Call it through npm (npm start, npm run fairlead -- help). If npm ci ran with --ignore-scripts, run: npm rebuild',
  );
  process.exit(1);
}

// Prisma uses features that Node still calls experimental; any other warning is worth seeing.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') console.error(String(warning));
});

const root = dirname(dirname(fileURLToPath(import.meta.url)));
if (!existsSync(join(root, 'src', 'db', 'generated', 'client.ts'))) await import('./prepare.js');

// `--run FILE`: a script of this project's own, under the same checks.
const isScript = process.argv[2] === '--run';
const script = isScript ? resolve(root, process.argv[3]) : join(root, 'src', 'cli', 'main.ts');
process.argv.splice(1, isScript ? 3 : 1, script);
await import(pathToFileURL(script).href);
