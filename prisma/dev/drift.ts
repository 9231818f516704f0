import { schemaDifference } from './schemaEngine.ts';

// node prisma/dev/drift.ts URL: exits with 2 when a migrated database is not what prisma/schema.prisma says.
const difference = await schemaDifference(process.argv.at(-1) ?? '');
if (difference !== '') {
  console.log(difference);
  process.exitCode = 2;
}
