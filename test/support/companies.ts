/** A company of `count` reps in one pool. */
export const onePool = (
  count: number,
  { strategy = 'ROUND_ROBIN', capacity = 100_000, weights = [] as readonly number[] } = {},
): string => {
  const keys = Array.from({ length: count }, (_, index) => `rep-${index + 1}`);
  return `
apiVersion: fairlead/v1
kind: Company
workspace: { defaultCapacity: ${capacity} }
reps:
  - { key: boss, name: The Boss, email: boss@fairlead.example }
${keys.map((key) => `  - { key: ${key}, name: Rep ${key}, email: ${key}@fairlead.example, manager: boss }`).join('\n')}
pools:
  - key: main
    name: Main
    strategy: ${strategy}
    members: [${keys.map((key, index) => `{ rep: ${key}, weight: ${weights[index] ?? 1} }`).join(', ')}]
plan:
  steps:
    - { key: everyone, kind: DEFAULT, target: { kind: POOL, pool: main } }
  lastResort: [boss]
`;
};
