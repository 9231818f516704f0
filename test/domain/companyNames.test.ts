import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalizeCompanyName } from '../../src/domain/accounts.ts';

const NAMES: Readonly<Record<string, readonly (readonly [name: string, normalized: string])[]>> = {
  Germany: [
    ['Müller & Söhne GmbH & Co. KG', 'muller sohne'],
    ['GROẞMANN Maschinenbau GmbH', 'grossmann maschinenbau'],
    ['Großmann Maschinenbau G.m.b.H.', 'grossmann maschinenbau'],
    ['Hansa Logistik SE & Co. KGaA', 'hansa logistik'],
    ['Rheinwerk AG', 'rheinwerk'],
    ['Brandt u. Co. OHG', 'brandt'],
    ['Tüftler UG (haftungsbeschränkt)', 'tuftler'],
    ['Tüftler UG (haftungsbeschränkt) & Co. KG', 'tuftler'],
    ['Volksbank Nordheide eG', 'volksbank nordheide'],
    ['Turnverein Adler e. V.', 'turnverein adler'],
    ['Weber & Partner PartG mbB', 'weber partner'],
    ['Lebenshilfe Süd gGmbH', 'lebenshilfe sud'],
    ['Blumen Krause e.K.', 'blumen krause'],
    ['Nordlicht Aktiengesellschaft', 'nordlicht'],
  ],
  'Austria and Switzerland': [
    ['Alpenmilch Ges.m.b.H.', 'alpenmilch'],
    ['Alpenmilch Gesellschaft m.b.H. & Co KG', 'alpenmilch'],
    ['Huber & Huber OG', 'huber huber'],
    ['Uhrenmanufaktur Genève SA', 'uhrenmanufaktur geneve'],
    ['Ticino Trasporti Sagl', 'ticino trasporti'],
    ['Léman Conseil Sàrl', 'leman conseil'],
  ],
  'United States and Canada': [
    ['Brightwave, Inc.', 'brightwave'],
    ['Brightwave Incorporated', 'brightwave'],
    ['Blue Harbor Holdings, L.L.C.', 'blue harbor holdings'],
    ['Tanner & Co.', 'tanner'],
    ['The Granite Company', 'the granite'],
    ['Summit Partners L.P.', 'summit partners'],
    ['Oak Street Dental PLLC', 'oak street dental'],
    ['Patagon Corp', 'patagon'],
    ['McAllister’s Foods, Inc', 'mcallisters foods'],
    ["McAllister's Foods Corporation", 'mcallisters foods'],
    ['Gestion Tremblay Ltée', 'gestion tremblay'],
    ['Acme™ Rockets Inc.', 'acme rockets'],
    ['3-D Printing Co., Inc.', '3 d printing'],
  ],
  'United Kingdom and Ireland': [
    ['Smith and Sons Ltd', 'smith and sons'],
    ['Thornbury & Company Limited', 'thornbury'],
    ['Northgate Public Limited Company', 'northgate'],
    ['Northgate P.L.C.', 'northgate'],
    ['Ashdown LLP', 'ashdown'],
    ['Ashdown Limited Liability Partnership', 'ashdown'],
    ['Shannon Finance DAC', 'shannon finance'],
  ],
  'France and Belgium': [
    ['L’Atelier du Pain S.A.R.L.', 'latelier du pain'],
    ['Société Générale d’Exemples S.A.', 'societe generale dexemples'],
    ['Cœur de Lyon SASU', 'coeur de lyon'],
    ['Dubois et Cie', 'dubois'],
    ['Brasserie Liégeoise SPRL', 'brasserie liegeoise'],
  ],
  Luxembourg: [
    ['Kirchberg Invest S.à r.l.', 'kirchberg invest'],
    ['Kirchberg Invest S. à r. l.', 'kirchberg invest'],
    ['Kirchberg Invest S.C.A.', 'kirchberg invest'],
  ],
  Italy: [
    ['Motori Bellini S.p.A.', 'motori bellini'],
    ['Motori Bellini S. p. A.', 'motori bellini'],
    ['Caffè Torino S.r.l.', 'caffe torino'],
    ['Caffè Torino S. r. l.', 'caffe torino'],
    ['Fratelli Rossi S.n.c.', 'fratelli rossi'],
  ],
  'Spain and Portugal': [
    ['Ibérica de Exportación, S.L.U.', 'iberica de exportacion'],
    ['Aceites del Sur, S. A.', 'aceites del sur'],
    ['Cortiça do Norte, Unipessoal Lda.', 'cortica do norte'],
    ['Azulejos Ltda', 'azulejos'],
  ],
  'Mexico and Brazil': [
    ['Tortillería La Paz, S.A. de C.V.', 'tortilleria la paz'],
    ['Tortillería La Paz SA DE CV', 'tortilleria la paz'],
    ['Cementos del Golfo, S.A.B. de C.V.', 'cementos del golfo'],
    ['Importadora Azul, S. de R.L. de C.V.', 'importadora azul'],
    ['Café São João Ltda.', 'cafe sao joao'],
    ['Café São João S/A', 'cafe sao joao'],
  ],
  Netherlands: [
    ['De Vries Bloemen B.V.', 'de vries bloemen'],
    ['Delta Waterwerken N. V.', 'delta waterwerken'],
    ['Gebroeders Jansen V.O.F.', 'gebroeders jansen'],
  ],
  Scandinavia: [
    ['Mærsbjerg A/S', 'maersbjerg'],
    ['Møllers Vind ApS', 'mollers vind'],
    ['Fjordkraft ASA', 'fjordkraft'],
    ['Göteborgs Stål AB (publ)', 'goteborgs stal'],
    ['Järvi Oyj', 'jarvi'],
  ],
  'Central and eastern Europe': [
    ['Łódzkie Przędzalnie Sp. z o.o.', 'lodzkie przedzalnie'],
    ['Łódzkie Przędzalnie Spółka z o. o.', 'lodzkie przedzalnie'],
    ['Mazur i Wspólnicy Sp. z o.o. Sp. k.', 'mazur i wspolnicy'],
    ['Pivovar Brno, s.r.o.', 'pivovar brno'],
    ['Pivovar Brno spol. s r. o.', 'pivovar brno'],
    ['Škoda Příklad a.s.', 'skoda priklad'],
    ['Đurić Gradnja d.o.o.', 'duric gradnja'],
    ['Dunai Hajó Zrt.', 'dunai hajo'],
    ['Anadolu Örnek A.Ş.', 'anadolu ornek'],
    ['Işık Tekstil Ltd. Şti.', 'isik tekstil'],
    ['Primer Treyd EOOD', 'primer treyd'],
  ],
  'Asia and the Pacific': [
    ['Sakura Denki Co., Ltd.', 'sakura denki'],
    ['Sakura Denki K.K.', 'sakura denki'],
    ['Ganges Software Private Limited', 'ganges software'],
    ['Ganges Software (Pvt.) Ltd.', 'ganges software'],
    ['Merlion Trading Pte. Ltd.', 'merlion trading'],
    ['Penang Rubber Sdn. Bhd.', 'penang rubber'],
    ['Siam Cement Public Company Limited', 'siam cement'],
    ['Wattle Creek Pty Limited', 'wattle creek'],
    ['Ｆｕｊｉ　Ｓｅｉｋｉ', 'fuji seiki'],
    ['東京ガス', '東京ガス'],
    ['서울 전자', '서울 전자'],
  ],
};

describe('a company’s name without punctuation, accents and legal form', () => {
  for (const [where, names] of Object.entries(NAMES)) {
    test.each(names)(`${where}: %s`, (name, normalized) => {
      expect(normalizeCompanyName(name)).toBe(normalized);
    });
  }
});

describe('what only looks like a legal form', () => {
  test.each([
    ['GmbH', 'gmbh'],
    ['Limited Company', 'limited'],
    ['AG & Co. KG', 'ag'],
    ['Zoo Berlin', 'zoo berlin'],
    ['San Diego Zoo', 'san diego zoo'],
    ['Inc Magazine', 'inc magazine'],
    ['AB Volta', 'ab volta'],
    ['Costa Coffee', 'costa coffee'],
    ['Picasso', 'picasso'],
    ['H & M', 'h m'],
    ['A-B-C', 'a b c'],
    ['  ', ''],
    ['!?', ''],
  ])('%j stays %j', (name, normalized) => {
    expect(normalizeCompanyName(name)).toBe(normalized);
  });
});

describe('two names are the same', () => {
  test.each([
    ['whatever the case', 'BRIGHTWAVE', 'brightwave'],
    ['composed or decomposed', 'Caf\u00e9 Lux', 'Cafe\u0301 Lux'],
    ['with any apostrophe', 'O’Neill', "O'Neill"],
    ['with spaces of any kind', 'Blue\u00a0\u2003Harbor', 'Blue Harbor'],
    ['in scripts whose marks are letters', 'कला उद्योग', 'कला उद्योग'],
    ['with voiced sounds composed or not', 'ガス', 'カ\u3099ス'],
  ])('%s', (_what, a, b) => {
    expect(normalizeCompanyName(a)).toBe(normalizeCompanyName(b));
  });

  test.each([
    ['by a vowel that is a mark', 'कला', 'कली'],
    ['by a vowel that is a mark, in Thai', 'ดี', 'ดู'],
    ['by a voiced sound', 'ガス', 'カス'],
    ['by a digit', 'Studio 1', 'Studio 2'],
    ['by a letter', 'Brightwave', 'Brightwater'],
  ])('but not where they differ %s', (_what, a, b) => {
    expect(normalizeCompanyName(a)).not.toBe(normalizeCompanyName(b));
  });
});

test('a name that is normal already stays so, and a legal form more changes nothing', () => {
  const word = fc.stringMatching(/^[A-Za-zÄÖÜäöüßéøł0-9]{2,8}$/);
  const name = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' '));
  fc.assert(
    fc.property(name, fc.constantFrom('GmbH', 'Ltd.', 'S.p.A.', 'Sp. z o.o.', 'S.A. de C.V.', 'A/S'), (given, form) => {
      const normalized = normalizeCompanyName(given);
      expect(normalizeCompanyName(normalized)).toBe(normalized);
      expect(normalizeCompanyName(`${given} ${form}`)).toBe(normalized);
    }),
    { numRuns: 300 },
  );
});
