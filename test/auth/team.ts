/**
 * A company with two teams under one boss. A lead goes to the rep whose key is its source, and to the pool otherwise.
 * Ada and Anna are in Alma's team, Anna through Ada; Ben is in Bea's.
 */
export const TWO_TEAMS = `
apiVersion: fairlead/v1
kind: Company
reps:
  - { key: boss, name: Boss, email: boss@fairlead.example }
  - { key: alma, name: Alma, email: alma@fairlead.example, manager: boss }
  - { key: ada, name: Ada, email: ada@fairlead.example, manager: alma }
  - { key: anna, name: Anna, email: anna@fairlead.example, manager: ada }
  - { key: bea, name: Bea, email: bea@fairlead.example, manager: boss }
  - { key: ben, name: Ben, email: ben@fairlead.example, manager: bea }
pools:
  - { key: main, name: Main, strategy: ROUND_ROBIN, members: [{ rep: ada }, { rep: anna }, { rep: ben }] }
territories:
  - { key: north, name: North, countries: [NO], rep: ben }
accounts:
  - { key: acme, name: Acme, kind: NAMED, domains: [acme.example], owner: ben }
segments:
  - { key: big, name: Big, condition: { field: employees, operator: AT_LEAST, value: 500 } }
plan:
  steps:
    - { key: to-anna, kind: SEGMENT, condition: { field: source, operator: EQUALS, value: anna }, target: { kind: REP, rep: anna } }
    - { key: to-ben, kind: SEGMENT, condition: { field: source, operator: EQUALS, value: ben }, target: { kind: REP, rep: ben } }
    - { key: everyone, kind: DEFAULT, target: { kind: POOL, pool: main } }
  lastResort: [boss]
`;
