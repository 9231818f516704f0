import type { DocumentNode } from 'graphql';
import { Kind, visit } from 'graphql';

/** What an operation's variables come to. */
export interface Measured {
  /** How deeply lists and objects are nested in it. */
  readonly depth: number;
  /** Entries of all lists. */
  readonly entries: number;
  /** Of all texts and names. */
  readonly characters: number;
}

/** Without recursion, since depth is an attack; of what is nested deeper than `maxDepth` nothing is counted. */
export function measure(value: unknown, maxDepth: number): Measured {
  let [depth, entries, characters] = [0, 0, 0];
  let level: unknown[] = [value];
  for (; level.length > 0 && depth <= maxDepth; depth += 1) {
    const next: unknown[] = [];
    for (const each of level) {
      if (typeof each === 'string') characters += each.length;
      if (typeof each !== 'object' || each === null) continue;
      if (Array.isArray(each)) entries += each.length;
      else for (const name of Object.keys(each)) characters += name.length;
      for (const inner of Object.values(each)) next.push(inner);
    }
    level = next;
  }
  return { depth: depth - 1 + (level.length > 0 ? 1 : 0), entries, characters };
}

/** Operations that are about more than they name. */
const HEAVY: Readonly<Record<string, number>> = {
  createApiKey: 100,
  exportPerson: 100,
  offboardRep: 1_000,
  reassignLeads: 1_000,
  redistributeLeads: 1_000,
  simulatePlan: 1_000,
  verifyAuditLog: 1_000,
};
const CHARACTERS_PER_OBJECT = 1_000;

const counted = new WeakMap<DocumentNode, number>();

/** Root fields of mutations, what heavy fields stand for, and entries of lists written out in the document. */
function objectsOfDocument(document: DocumentNode): number {
  const known = counted.get(document);
  if (known !== undefined) return known;
  let objects = 0;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const isMutation = definition.operation === 'mutation';
    for (const selection of definition.selectionSet.selections) {
      const weight = selection.kind === Kind.FIELD ? HEAVY[selection.name.value] : undefined;
      objects += weight ?? (isMutation ? 1 : 0);
    }
    if (!isMutation) continue;
    visit(definition, {
      ListValue: ({ values }) => {
        objects += values.length;
      },
    });
  }
  counted.set(document, objects);
  return objects;
}

/**
 * How many objects an operation is about: each root field of a mutation, each entry of a list in it, or each thousand
 * characters of its variables where that is more, so that files count; of queries only the heavy ones.
 */
export function objectsOf(document: DocumentNode, { entries, characters }: Measured): number {
  const written = objectsOfDocument(document);
  if (written === 0) return 0;
  return Math.max(written + entries, Math.ceil(characters / CHARACTERS_PER_OBJECT));
}
