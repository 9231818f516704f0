/** A company that uses every field there is, each with a value that is not its default. */
export const EVERYTHING = `
apiVersion: fairlead/v1
kind: Company
workspace:
  defaultCapacity: 40
  timeZone: Europe/Berlin
  leadCosts: [{ segment: big, cost: 3 }]
  classLimits: [{ segment: hot, limit: 20 }]
  rateCaps: [{ leads: 100, per: DAY, timeZone: Europe/Berlin }, { leads: 30, per: HOUR }]
  samePerson: { action: CREATE, windowDays: 14, scope: SOURCE, ignoreTags: false, ignoreDots: ALWAYS }
  freeMailDomains: [campus.example]
  notSeenAfterMinutes: 90
  holidayRegion: DE-BY
  defaultSla: false
  retention: [{ status: LOST, days: 365 }, { status: DISQUALIFIED, days: 30 }]
  leadAttributes: [{ name: plan, type: ENUM, values: [free, paid] }, { name: seats, type: NUMBER }]
reps:
  - { key: boss, name: Berta Boss, email: berta@fairlead.example }
  - key: ada
    name: "Ada: Lovelace, née Byron"
    email: ada@fairlead.example
    capacity: 0
    rateCaps: []
    classLimits: [{ segment: hot, limit: 3 }]
    status: PAUSED
    timeZone: America/New_York
    language: de-CH
    workingHours: [{ days: [MONDAY, FRIDAY], from: "22:00", to: "06:00" }]
    dateHours: [{ date: "2026-12-24", stretches: [{ from: "08:00", to: "12:00" }] }]
    holidayRegion: US-NY
    specialties: [healthcare, "yes"]
    industries: [Banking]
    regions: [DE-BY]
    products: [Suite]
    employeesMin: 50
    employeesMax: 499
    attributes: { certified: true, level: 3, note: "#1" }
    manager: boss
    backup: bob
  - { key: bob, name: Bob, email: bob@fairlead.example, manager: boss, rateCaps: [{ leads: 9, per: WEEK, timeZone: Europe/Oslo }] }
pools:
  - key: main
    name: Main
    strategy: VALUE_BALANCED
    defaultValue: 5
    segmentValues: [{ segment: big, value: 90 }]
    countManual: false
    returnDisqualified: false
    maxAhead: 4
    fairnessWindow: MONTH
    memberCapacity: 30
    limitsCapacity: false
    weightSegments: [hot, big]
    weighting: { by: WIN_RATE, floor: 5, ceiling: 300, days: 30 }
    skips: [OUT_OF_OFFICE, IN_MEETING]
    catchUp: BOUNDED
    catchUpLeads: 3
    horizonHours: 48
    members:
      - { rep: bob, weight: 3, tier: -1, capacity: 7, segmentWeights: { big: 0, hot: 5 } }
      - { rep: ada }
  - { key: second, name: Second, strategy: ROUND_ROBIN, members: [{ rep: ada }, { rep: bob }] }
metros:
  - key: oslo
    name: Oslo
    country: NO
    postalPrefixes: ["01", "02"]
    cities: [Oslo, Bærum]
    latitude: 59.91
    longitude: 10.75
    radiusKm: 30
territories:
  - { key: north, name: North, countries: [NO, SE], pool: second }
  - key: oslo-it
    name: IT in Oslo
    parent: north
    position: 2
    countries: [NO]
    regions: [NO-03]
    metros: [oslo]
    postalPrefixes: ["00"]
    industries: ["naics:51", "nace:J", Banking]
    industryKeywords: [software]
    employeesMin: 10
    employeesMax: 200
    rep: ada
accounts:
  - { key: "SF:001", name: Hof & Söhne GmbH, kind: CUSTOMER, owner: ada }
  - { key: "0012", name: Hof Norge, aliases: [Hof], kind: NAMED, domains: [zeta.example, alpha.example], parent: "SF:001" }
segments:
  - { key: big, name: Big, condition: { or: [{ field: employees, operator: AT_LEAST, value: 500 }, { operator: MATCHES_SEGMENT, value: hot }] } }
  - { key: hot, name: Hot, condition: { not: { field: weekday, operator: IN, value: [SATURDAY, SUNDAY], timeZone: LEAD } } }
queues:
  - key: room
    name: Waiting room
    pool: main
    responsible: boss
    deadlineSeconds: 900
    claimLimit: 5
    overflow: { length: 20, waitSeconds: 300, raisePriority: 10, widenTo: second }
slaPolicies:
  - key: hot
    name: Hot ones
    position: 1
    condition: { operator: MATCHES_SEGMENT, value: hot }
    clock: WORKING
    rungs:
      - { afterSeconds: 900, action: REMIND, channel: slack }
      - { afterSeconds: 1800, action: SET_STATUS, status: QUALIFIED }
      - { afterSeconds: 2700, action: PAUSE_REP, pauseSeconds: 3600 }
      - { afterSeconds: 3600, action: REASSIGN, backupFirst: true }
plan:
  steps:
    - key: owner
      name: Account owner
      kind: ACCOUNT_OWNER
      target: { kind: ACCOUNT_OWNER }
      ownerAway: WHEN_NOBODY
      ownerBeyondCapacity: false
      whenNobody: { kind: MANAGER }
    - key: list
      kind: SPECIALIZATION
      condition: { and: [{ field: score, operator: BETWEEN, value: [0, 100] }, { field: attributes.plan, operator: EQUALS, value: paid }] }
      match: [{ repField: employeesMin, operator: AT_MOST, leadField: employees }]
      prefer: [{ repField: attributes.level, operator: AT_LEAST, leadField: attributes.seats }]
      order: [{ repField: attributes.level, first: HIGHEST }]
      target: { kind: POOLS, share: PER_POOL, pools: [{ pool: main, weight: 2 }, { pool: second, weight: 1 }] }
      keepWithSubmitter: true
      offerSeconds: 60
      reviewOn: "2027-01-31"
      whenNobody: { kind: BACKUP_POOL, pool: second }
    - { key: territory, kind: TERRITORY, target: { kind: TERRITORY }, whenNobody: { kind: QUEUE, queue: room } }
    - { key: cold, kind: SEGMENT, condition: { field: score, operator: LESS_THAN, value: 10 }, target: { kind: QUEUE, queue: room } }
    - key: bob
      kind: SEGMENT
      condition: { operator: MATCHES_SEGMENT, value: hot }
      target: { kind: REP, rep: bob }
      whenNobody: { kind: ASSIGN_ANYWAY }
    - { key: rest, kind: DEFAULT, target: { kind: POOL, pool: main }, whenNobody: { kind: NEXT_STEP } }
  lastResort: [boss, bob]
  reviewOn: "2027-06-30"
`;
