import { normalizePostalCode } from './territories.ts';

/** A metropolitan area, told by its name, its postal codes, its cities or its circle. */
export interface Metro {
  readonly key: string;
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly postalPrefixes: readonly string[];
  readonly cities: readonly string[];
  /** Centre in degrees and radius in km; all three or none. */
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly radiusKm: number | null;
}

/** What is known of where a lead is. */
export interface Place {
  readonly country: string | null;
  readonly postalCode: string | null;
  readonly city: string | null;
  /** As the lead names it. */
  readonly metro: string | null;
  /** In degrees. */
  readonly latitude: number | null;
  readonly longitude: number | null;
}

/** What a place is matched by, in the order of trying. */
export const METRO_MATCHES = ['NAME', 'POSTAL_CODE', 'CITY', 'RADIUS'] as const;

export interface MetroMatch {
  readonly key: string;
  readonly by: (typeof METRO_MATCHES)[number];
}

export interface MetroIndex {
  readonly byKey: ReadonlyMap<string, Metro>;
  /**
   * By the metro's own key or name, the longest postal prefix, the city, then the nearest centre that is not farther than
   * its radius. Postal codes and cities count within the place's country; without one only where a single country has
   * them. Names and circles know no borders. Of metros equally good the first listed wins.
   */
  match(place: Place): MetroMatch | null;
}

/** In km: the Earth's mean radius R1 of GRS 80 (H. Moritz, Journal of Geodesy 74, 2000). */
const EARTH_RADIUS = 6371.0088;
const RADIANS = Math.PI / 180;

interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

/** Along the surface, in km: the haversine formula (R. W. Sinnott, Virtues of the Haversine, Sky and Telescope 68, 1984). */
export function distanceKm(a: Point, b: Point): number {
  const ofLatitude = Math.sin(((b.latitude - a.latitude) * RADIANS) / 2) ** 2;
  const ofLongitude = Math.sin(((b.longitude - a.longitude) * RADIANS) / 2) ** 2;
  const haversine = ofLatitude + Math.cos(a.latitude * RADIANS) * Math.cos(b.latitude * RADIANS) * ofLongitude;
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(haversine)));
}

/** `Zürich` → `zurich`, `Frankfurt/Main` → `frankfurt main`. */
const fold = (text: string): string =>
  text
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Metros by a postal prefix or a city, within a country or, where only one has it, without. */
interface ByCountry {
  add(what: string, metro: Metro): void;
  /** Without a country null says that several have it, undefined that none does. */
  get(what: string, country: string | null): Metro | null | undefined;
}

function compileByCountry(): ByCountry {
  const inCountry = new Map<string, Metro>();
  /** The first listed; null where countries differ. */
  const anywhere = new Map<string, Metro | null>();
  return {
    add(what, metro) {
      const country = metro.country.toUpperCase();
      const id = `${country} ${what}`;
      if (!inCountry.has(id)) inCountry.set(id, metro);
      const other = anywhere.get(what);
      if (other === undefined) anywhere.set(what, metro);
      else if (other !== null && other.country.toUpperCase() !== country) anywhere.set(what, null);
    },
    get: (what, country) => (country === null ? anywhere.get(what) : inCountry.get(`${country} ${what}`)),
  };
}

export function compileMetros(metros: readonly Metro[]): MetroIndex {
  const byKey = new Map(metros.map((metro) => [metro.key, metro]));
  const byLowerKey = new Map<string, Metro>();
  const byName = new Map<string, Metro[]>();
  const byPostalPrefix = compileByCountry();
  const byCity = compileByCountry();
  let longestPrefix = 0;
  for (const metro of metros) {
    const key = metro.key.toLowerCase();
    if (!byLowerKey.has(key)) byLowerKey.set(key, metro);
    const name = fold(metro.name);
    if (name !== '') append(byName, name, metro);
    for (const prefix of metro.postalPrefixes.map(normalizePostalCode)) {
      longestPrefix = Math.max(longestPrefix, prefix.length);
      byPostalPrefix.add(prefix, metro);
    }
    for (const city of metro.cities) byCity.add(fold(city), metro);
  }
  const nearest = compileCircles(metros);

  /** Two metros of one name differ by country; where that does not tell, the name tells neither. */
  function ofName(metro: string, country: string | null): Metro | undefined {
    const ofKey = byLowerKey.get(metro.trim().toLowerCase());
    if (ofKey) return ofKey;
    const named = byName.get(fold(metro)) ?? [];
    return named.length === 1 ? named[0] : named.find((each) => each.country.toUpperCase() === country);
  }

  /** The longest prefix. Without a country none when those of another country fit too, be they shorter. */
  function ofPostalCode(postalCode: string, country: string | null): Metro | null {
    const code = normalizePostalCode(postalCode);
    let found: Metro | null = null;
    for (let length = Math.min(code.length, longestPrefix); length > 0; length -= 1) {
      const metro = byPostalPrefix.get(code.slice(0, length), country);
      if (metro === undefined) continue;
      if (country !== null) return metro;
      if (metro === null || (found !== null && found.country.toUpperCase() !== metro.country.toUpperCase()))
        return null;
      found ??= metro;
    }
    return found;
  }

  return {
    byKey,
    match({ country: given, postalCode, city, metro, latitude, longitude }) {
      const country = given?.trim().toUpperCase() || null;
      const named = metro === null ? undefined : ofName(metro, country);
      if (named) return { key: named.key, by: 'NAME' };
      const postal = postalCode === null ? null : ofPostalCode(postalCode, country);
      if (postal) return { key: postal.key, by: 'POSTAL_CODE' };
      const town = city === null ? '' : fold(city);
      const ofCity = town === '' ? null : byCity.get(town, country);
      if (ofCity) return { key: ofCity.key, by: 'CITY' };
      const near = latitude === null || longitude === null ? null : nearest({ latitude, longitude });
      return near ? { key: near.key, by: 'RADIUS' } : null;
    },
  };
}

/** A metro with the circle it has. */
interface Circle extends Point {
  readonly metro: Metro;
  readonly radiusKm: number;
  /** Its place in the list. */
  readonly order: number;
}

/** More cells than these, some 20 by 20 degrees, and a circle is looked at for every place: no metro is so wide. */
const MOST_CELLS = 400;

/**
 * The nearest centre within its radius, through a grid of whole degrees in which a circle stands in every cell that it
 * touches, so that a place asks one cell.
 */
function compileCircles(metros: readonly Metro[]): (place: Point) => Metro | null {
  const cells = new Map<number, Circle[]>();
  const wide: Circle[] = [];
  for (const [order, metro] of metros.entries()) {
    const { latitude, longitude, radiusKm } = metro;
    if (latitude === null || longitude === null || radiusKm === null) continue;
    if (!isOnEarth({ latitude, longitude })) continue;
    const circle = { metro, latitude, longitude, radiusKm, order };
    const touched = cellsOf(circle);
    if (touched === null) wide.push(circle);
    else for (const cell of touched) append(cells, cell, circle);
  }
  return (place) => {
    if (!isOnEarth(place)) return null;
    const cell = cellAt(Math.floor(place.latitude), Math.floor(place.longitude));
    let best: Circle | null = null;
    let bestKm = Number.POSITIVE_INFINITY;
    for (const circles of [cells.get(cell) ?? [], wide]) {
      for (const circle of circles) {
        const km = distanceKm(place, circle);
        if (km > circle.radiusKm || km > bestKm || (km === bestKm && best !== null && circle.order > best.order))
          continue;
        best = circle;
        bestKm = km;
      }
    }
    return best?.metro ?? null;
  };
}

const isOnEarth = ({ latitude, longitude }: Point): boolean => Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;

/** A cell by its south-western corner in whole degrees; 180 is −180. */
const cellAt = (latitude: number, longitude: number): number => (latitude + 90) * 360 + ((longitude + 540) % 360);

/** In degrees: far more than rounding errs by, so that a place on the edge asks a cell that has the circle. */
const MARGIN = 1e-6;

/**
 * The cells of the box around a circle (J. P. Matuschek, Finding Points Within a Distance of a Latitude/Longitude Using
 * Bounding Coordinates); null for too many.
 */
function cellsOf({ latitude, longitude, radiusKm }: Circle): number[] | null {
  const angle = radiusKm / EARTH_RADIUS;
  const south = latitude - angle / RADIANS - MARGIN;
  const north = latitude + angle / RADIANS + MARGIN;
  // Around a pole there is every longitude; elsewhere the widest is somewhat poleward of the centre.
  const polar = south <= -90 || north >= 90;
  const sine = polar ? 1 : Math.sin(angle) / Math.cos(latitude * RADIANS);
  const half = sine >= 1 ? 180 : Math.asin(sine) / RADIANS + MARGIN;
  const [firstRow, lastRow] = [Math.max(-90, Math.floor(south)), Math.min(90, Math.floor(north))];
  const firstColumn = half >= 180 ? -180 : Math.floor(longitude - half);
  const columns = half >= 180 ? 360 : Math.min(360, Math.floor(longitude + half) - firstColumn + 1);
  if ((lastRow - firstRow + 1) * columns > MOST_CELLS) return null;
  const cells: number[] = [];
  for (let row = firstRow; row <= lastRow; row += 1) {
    for (let column = firstColumn; column < firstColumn + columns; column += 1) cells.push(cellAt(row, column));
  }
  return cells;
}

/**
 * Metros to start from. Postal areas are those that lie in the city or for the most part in its suburbs, after Deutsche
 * Post (Leitregionen), Österreichische Post, Swiss Post, Royal Mail (postcode areas; of the one-letter E, N and W the
 * districts, as E alone were Edinburgh too), La Poste (départements of the Métropole du Grand Paris) and USPS (three-digit
 * prefixes, Labeling List L002). Coordinates are those of the city centres, rounded to two decimals; radii are ours.
 */
export const METROS: readonly Metro[] = [
  {
    key: 'berlin',
    name: 'Berlin',
    country: 'DE',
    postalPrefixes: ['10', '12', '13', '140', '141'],
    cities: ['Berlin'],
    latitude: 52.52,
    longitude: 13.4,
    radiusKm: 30,
  },
  {
    key: 'hamburg',
    name: 'Hamburg',
    country: 'DE',
    postalPrefixes: ['20', '210', '211', '22'],
    cities: ['Hamburg', 'Norderstedt', 'Ahrensburg', 'Pinneberg', 'Wedel'],
    latitude: 53.55,
    longitude: 9.99,
    radiusKm: 30,
  },
  {
    key: 'munich',
    name: 'Munich',
    country: 'DE',
    postalPrefixes: ['80', '81', '820', '821', '855', '856', '857'],
    cities: ['Munich', 'München', 'Muenchen', 'Garching', 'Unterföhring', 'Ismaning', 'Unterschleißheim', 'Ottobrunn'],
    latitude: 48.14,
    longitude: 11.58,
    radiusKm: 30,
  },
  {
    key: 'cologne',
    name: 'Cologne',
    country: 'DE',
    postalPrefixes: ['50', '510', '511', '513', '514'],
    cities: ['Cologne', 'Köln', 'Koeln', 'Leverkusen', 'Bergisch Gladbach', 'Hürth', 'Frechen', 'Brühl'],
    latitude: 50.94,
    longitude: 6.96,
    radiusKm: 25,
  },
  {
    key: 'frankfurt',
    name: 'Frankfurt',
    country: 'DE',
    postalPrefixes: ['60', '613', '614', '630', '631', '632', '633', '634', '657', '659'],
    cities: [
      'Frankfurt',
      'Frankfurt am Main',
      'Frankfurt/Main',
      'Frankfurt a. M.',
      'Offenbach',
      'Eschborn',
      'Bad Homburg',
    ],
    latitude: 50.11,
    longitude: 8.68,
    radiusKm: 30,
  },
  {
    key: 'stuttgart',
    name: 'Stuttgart',
    country: 'DE',
    postalPrefixes: ['70', '71', '737'],
    cities: ['Stuttgart', 'Esslingen', 'Ludwigsburg', 'Böblingen', 'Sindelfingen', 'Leonberg', 'Waiblingen'],
    latitude: 48.78,
    longitude: 9.18,
    radiusKm: 25,
  },
  {
    key: 'vienna',
    name: 'Vienna',
    country: 'AT',
    postalPrefixes: ['1'],
    cities: ['Vienna', 'Wien'],
    latitude: 48.21,
    longitude: 16.37,
    radiusKm: 25,
  },
  {
    key: 'zurich',
    name: 'Zurich',
    country: 'CH',
    postalPrefixes: ['80', '810', '830', '860', '870', '880', '890', '895'],
    cities: [
      'Zürich',
      'Zuerich',
      'Kloten',
      'Wallisellen',
      'Dübendorf',
      'Opfikon',
      'Glattbrugg',
      'Schlieren',
      'Dietikon',
    ],
    latitude: 47.37,
    longitude: 8.54,
    radiusKm: 20,
  },
  {
    key: 'london',
    name: 'London',
    country: 'GB',
    postalPrefixes: [
      ...['EC', 'WC', 'SE', 'SW', 'NW'],
      ...['E', 'N', 'W'].flatMap((area) => [1, 2, 3, 4, 5, 6, 7, 8, 9].map((district) => `${area}${district}`)),
      ...['BR', 'CR', 'EN', 'HA', 'IG', 'KT', 'RM', 'SM', 'TW', 'UB'],
    ],
    cities: ['London', 'Croydon', 'Bromley', 'Ilford', 'Romford', 'Twickenham', 'Uxbridge', 'Wembley'],
    latitude: 51.51,
    longitude: -0.13,
    radiusKm: 30,
  },
  {
    key: 'paris',
    name: 'Paris',
    country: 'FR',
    postalPrefixes: ['75', '92', '93', '94'],
    cities: [
      'Paris',
      'Boulogne-Billancourt',
      'Neuilly-sur-Seine',
      'Levallois-Perret',
      'Courbevoie',
      'Puteaux',
      'Nanterre',
    ],
    latitude: 48.86,
    longitude: 2.35,
    radiusKm: 25,
  },
  {
    key: 'new-york',
    name: 'New York',
    country: 'US',
    postalPrefixes: [
      ...['070', '071', '072', '073', '100', '101', '102', '103', '104', '106', '107'],
      ...['110', '111', '112', '113', '114', '116'],
    ],
    cities: [
      'New York',
      'New York City',
      'NYC',
      'Manhattan',
      'Brooklyn',
      'Bronx',
      'Queens',
      'Staten Island',
      'Jersey City',
    ],
    latitude: 40.71,
    longitude: -74.01,
    radiusKm: 40,
  },
  {
    key: 'san-francisco-bay-area',
    name: 'San Francisco Bay Area',
    country: 'US',
    postalPrefixes: ['940', '941', '943', '944', '945', '946', '947', '948', '949', '950', '951'],
    cities: [
      ...['San Francisco', 'San Jose', 'Oakland', 'Berkeley', 'Palo Alto', 'Mountain View', 'Sunnyvale', 'Santa Clara'],
      ...['Menlo Park', 'Redwood City', 'San Mateo', 'Cupertino', 'Fremont'],
    ],
    latitude: 37.77,
    longitude: -122.42,
    radiusKm: 80,
  },
  {
    key: 'los-angeles',
    name: 'Los Angeles',
    country: 'US',
    postalPrefixes: [
      ...['900', '901', '902', '903', '904', '905', '906', '907', '908'],
      ...['910', '911', '912', '913', '914', '915', '916', '917', '918'],
    ],
    cities: ['Los Angeles', 'Santa Monica', 'Long Beach', 'Burbank', 'Culver City', 'Beverly Hills', 'El Segundo'],
    latitude: 34.05,
    longitude: -118.24,
    radiusKm: 60,
  },
  {
    key: 'chicago',
    name: 'Chicago',
    country: 'US',
    postalPrefixes: ['600', '601', '602', '603', '604', '605', '606', '607', '608'],
    cities: ['Chicago', 'Evanston', 'Schaumburg', 'Naperville', 'Oak Brook'],
    latitude: 41.88,
    longitude: -87.63,
    radiusKm: 50,
  },
  {
    key: 'boston',
    name: 'Boston',
    country: 'US',
    postalPrefixes: ['020', '021', '022', '024'],
    cities: ['Boston', 'Brookline', 'Waltham', 'Somerville'],
    latitude: 42.36,
    longitude: -71.06,
    radiusKm: 35,
  },
];
