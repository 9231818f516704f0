import type { LeadInput } from '../gql/graphql.ts';

/*
 * Leads as they come in life: demo and pricing requests, downloads with a low score, known companies, and some without
 * the field they are routed by. People and companies are invented; the domains are reserved for documentation.
 */

const US = { country: 'US' } as const;

const geographic: readonly LeadInput[] = [
  { firstName: 'Carla', lastName: 'Nunez', email: 'carla@brightwave.example', companyName: 'Brightwave', ...US, region: 'California', city: 'Fresno', requestKind: 'DEMO', score: 82 },
  { firstName: 'Theo', lastName: 'Blake', email: 'theo.blake@pinecrest.example', companyName: 'Pinecrest Labs', ...US, region: 'OR', requestKind: 'PRICING', score: 64 },
  { firstName: 'Anika', lastName: 'Rao', email: 'anika@harbormills.example', companyName: 'Harbor Mills Inc', ...US, region: 'NY', requestKind: 'CONTACT_SALES', score: 71 },
  { firstName: 'Walt', lastName: 'Greene', email: 'walt@greene-logistics.example', companyName: 'Greene Logistics', ...US, region: 'Texas', requestKind: 'DEMO', score: 77 },
  { firstName: 'Ines', lastName: 'Faro', email: 'ines@gmail.com', ...US, region: 'Illinois', requestKind: 'DOWNLOAD', score: 12 },
  { firstName: 'Grant', lastName: 'Osei', email: 'grant@midtownmedia.example', companyName: 'Midtown Media', ...US, region: 'NY', postalCode: '10018', requestKind: 'DEMO', score: 90 },
  { firstName: 'Lena', lastName: 'Wirth', email: 'lena@quarrysons.example', companyName: 'Quarry & Sons Corporation', ...US, region: 'OH', requestKind: 'PRICING', score: 58 },
  { firstName: 'Marc', lastName: 'Silva', email: 'marc@altadena.example', companyName: 'Altadena Optics', ...US, requestKind: 'TRIAL', score: 55 },
  { firstName: 'Priya', lastName: 'Nair', email: 'priya@snowfield.example', companyName: 'Snowfield Energy', ...US, region: 'CO', requestKind: 'DEMO', score: 69 },
  { firstName: 'Jonas', lastName: 'Keller', email: 'jonas.keller@rheinwerk.example', companyName: 'Rheinwerk GmbH', country: 'Germany', requestKind: 'CONTACT_SALES', score: 61 },
  { firstName: 'Dana', lastName: 'Cho', email: 'dana@bayside.example', companyName: 'Bayside Dental', ...US, region: 'WA', requestKind: 'DEMO', score: 73 },
  { firstName: 'Omar', lastName: 'Said', email: 'omar@keystone.example', companyName: 'Keystone Foods', ...US, region: 'PA', requestKind: 'PRICING', score: 66 },
  { firstName: 'Ruth', lastName: 'Bell', phone: '+1 404 555 0123', companyName: 'Peachtree Homes', ...US, region: 'GA', requestKind: 'CONTACT_SALES', score: 48 },
  { firstName: 'Ivan', lastName: 'Petrov', email: 'ivan@yahoo.com', requestKind: 'EVENT', score: 22 },
  { firstName: 'Nell', lastName: 'Ward', email: 'nell@twincities.example', companyName: 'Twin Cities Supply', ...US, region: 'MN', requestKind: 'DEMO', score: 80 },
  { firstName: 'Hugo', lastName: 'Lang', email: 'hugo@lumenfreight.example', companyName: 'Lumen Freight', ...US, region: 'CA', requestKind: 'DEMO', score: 75 },
];

const verticals: readonly LeadInput[] = [
  { firstName: 'Clara', lastName: 'Weiss', email: 'clara.weiss@klinikum-nord.example', companyName: 'Klinikum Nord gGmbH', country: 'DE', industry: 'Healthcare', requestKind: 'DEMO', score: 84, icp: true },
  { firstName: 'Paul', lastName: 'Auer', email: 'paul@auer-guss.example', companyName: 'Auer Guss GmbH & Co. KG', country: 'AT', industry: 'manufacturing', requestKind: 'PRICING', score: 70 },
  { firstName: 'Sofia', lastName: 'Conti', email: 'sofia@bancacentro.example', companyName: 'Banca Centro S.p.A.', country: 'IT', industry: 'financial services', requestKind: 'DEMO', score: 78, icp: true },
  { firstName: 'Nils', lastName: 'Dahl', email: 'nils@nordbank.example', companyName: 'Nordbank AG', country: 'DE', requestKind: 'CONTACT_SALES', score: 66 },
  { firstName: 'Emma', lastName: 'Roux', email: 'emma@atelier-roux.example', companyName: 'Atelier Roux SARL', country: 'FR', industry: 'retail', requestKind: 'TRIAL', score: 35 },
  { firstName: 'Jan', lastName: 'Maas', email: 'jan@maaslogistiek.example', companyName: 'Maas Logistiek B.V.', country: 'NL', requestKind: 'DEMO', score: 92, icp: true },
  { firstName: 'Eva', lastName: 'Lorenz', email: 'eva.lorenz@sanktvitus.example', companyName: 'Sankt Vitus Kliniken', country: 'DE', industry: 'healthcare', requestKind: 'CONTACT_SALES', score: 60 },
  { firstName: 'Karl', lastName: 'Ott', email: 'karl.ott@web.de', country: 'DE', requestKind: 'DOWNLOAD', score: 15 },
  { firstName: 'Ilse', lastName: 'Baum', email: 'ilse@baumassekuranz.example', companyName: 'Baum Assekuranz', country: 'DE', industry: 'Insurance', requestKind: 'DEMO', score: 73 },
  { firstName: 'Ugo', lastName: 'Neri', email: 'ugo@neri.example', companyName: 'Neri S.r.l.', country: 'IT', requestKind: 'PRICING', score: 51 },
  { firstName: 'Mara', lastName: 'Vogt', email: 'mara@vogt-medien.example', companyName: 'Vogt Medien', country: 'CH', industry: 'media', requestKind: 'EVENT', score: 44 },
  { firstName: 'Pia', lastName: 'Lund', email: 'pia@lundteknik.example', companyName: 'Lund Teknik AB', country: 'SE', requestKind: 'DEMO', score: 68 },
];

const segments: readonly LeadInput[] = [
  { firstName: 'Amos', lastName: 'Kane', email: 'amos@titanworks.example', companyName: 'Titan Works Inc', country: 'US', employees: 2400, requestKind: 'DEMO', score: 88, icp: true },
  { firstName: 'Bea', lastName: 'Lloyd', email: 'bea@lloydlegal.example', companyName: 'Lloyd Legal LLP', country: 'GB', employees: 120, requestKind: 'PRICING', score: 63 },
  { firstName: 'Cyrus', lastName: 'Hart', email: 'cyrus@hartbakery.example', companyName: 'Hart Bakery', country: 'US', employees: 18, requestKind: 'TRIAL', score: 47 },
  { firstName: 'Dora', lastName: 'Voss', email: 'dora@orbistelecom.example', companyName: 'Orbis Telecom plc', country: 'GB', employees: 9000, requestKind: 'CONTACT_SALES', score: 59 },
  { firstName: 'Enzo', lastName: 'Ricci', email: 'enzo@gmail.com', requestKind: 'DOWNLOAD', score: 9 },
  { firstName: 'Fay', lastName: 'Ross', email: 'fay@rossdesign.example', companyName: 'Ross Design', country: 'US', requestKind: 'DEMO', score: 52 },
  { firstName: 'Gus', lastName: 'Beck', email: 'gus@beckfoods.example', companyName: 'Beck Foods', country: 'US', employees: 499, requestKind: 'DEMO', score: 76 },
  { firstName: 'Hana', lastName: 'Sato', email: 'hana@satokk.example', companyName: 'Sato K.K.', country: 'JP', employees: 500, requestKind: 'DEMO', score: 81, icp: true },
  { firstName: 'Igor', lastName: 'Wolff', email: 'igor@rivetrobotics.example', companyName: 'Rivet Robotics', country: 'US', employees: 75, requestKind: 'PRICING', score: 70 },
  { firstName: 'Joy', lastName: 'Tan', email: 'joy@tanpte.example', companyName: 'Tan Pte Ltd', country: 'SG', employees: 260, requestKind: 'EVENT', score: 28 },
  { firstName: 'Kurt', lastName: 'Haas', email: 'kurt@haas-dach.example', companyName: 'Haas Dach GmbH', country: 'DE', employees: 33, requestKind: 'CONTACT_SALES', score: 57 },
  { firstName: 'Lila', lastName: 'Moss', email: 'lila@mosspharma.example', companyName: 'Moss Pharma', country: 'US', employees: 15000, requestKind: 'DEMO', score: 95, icp: true },
];

/** The leads for each of the companies under demo/. */
export const DEMO_LEADS = { geographic, verticals, segments } as const;
export type DemoCompany = keyof typeof DEMO_LEADS;
