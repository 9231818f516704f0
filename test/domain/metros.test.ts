import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { compileMetros, distanceKm, METROS, type Metro, type Place } from '../../src/domain/metros.ts';

const metro = (key: string, values: Partial<Metro> = {}): Metro => ({
  key,
  name: key,
  country: 'DE',
  postalPrefixes: [],
  cities: [],
  latitude: null,
  longitude: null,
  radiusKm: null,
  ...values,
});

const place = (values: Partial<Place>): Place => ({
  country: null,
  postalCode: null,
  city: null,
  metro: null,
  latitude: null,
  longitude: null,
  ...values,
});

/** `berlin NAME`; `none` for none. */
function told(metros: readonly Metro[], values: Partial<Place>): string {
  const found = compileMetros(metros).match(place(values));
  return found ? `${found.key} ${found.by}` : 'none';
}

describe('the name comes before the postal code, that before the city and that before the circle', () => {
  const all = [
    metro('n1', { name: 'Name' }),
    metro('p1', { postalPrefixes: ['10'] }),
    metro('p2', { postalPrefixes: ['101'] }),
    metro('c1', { cities: ['Town'] }),
    metro('r1', { latitude: 50, longitude: 10, radiusKm: 20 }),
  ];
  const here = { latitude: 50.1, longitude: 10.1 };

  test.each<[string, Partial<Place>, string]>([
    ['name', { metro: 'Name', country: 'DE', postalCode: '10115', city: 'Town', ...here }, 'n1 NAME'],
    ['key', { metro: 'N1', country: 'DE', postalCode: '10115', city: 'Town', ...here }, 'n1 NAME'],
    [
      'the longest postal prefix',
      { metro: 'Other', country: 'DE', postalCode: '10115', city: 'Town' },
      'p2 POSTAL_CODE',
    ],
    ['a shorter one where that is all', { country: 'DE', postalCode: '10999' }, 'p1 POSTAL_CODE'],
    ['city', { country: 'DE', postalCode: '99999', city: 'town', ...here }, 'c1 CITY'],
    ['circle', { country: 'DE', postalCode: '99999', city: 'Village', ...here }, 'r1 RADIUS'],
    ['outside of the circle', { latitude: 50.5, longitude: 10 }, 'none'],
    ['half a position', { latitude: 50.1 }, 'none'],
    ['nothing known', {}, 'none'],
  ])('%s', (_what, given, expected) => {
    expect(told(all, given)).toBe(expected);
  });
});

describe('a name', () => {
  test.each<[string, readonly Metro[], Partial<Place>, string]>([
    ['counts whatever the case and the accents', [metro('z', { name: 'Zürich' })], { metro: ' ZURICH ' }, 'z NAME'],
    [
      'of a key wins over another metro’s name',
      [metro('a', { name: 'B' }), metro('b', { name: 'A' })],
      { metro: 'a' },
      'a NAME',
    ],
    ['knows no borders', [metro('basel', { country: 'CH' })], { metro: 'Basel', country: 'FR' }, 'basel NAME'],
    [
      'of two metros is told by the country',
      [metro('l1', { name: 'London', country: 'GB' }), metro('l2', { name: 'London', country: 'CA' })],
      { metro: 'London', country: 'ca' },
      'l2 NAME',
    ],
    [
      'of two metros tells neither without one',
      [metro('l1', { name: 'London', country: 'GB' }), metro('l2', { name: 'London', country: 'CA' })],
      { metro: 'London' },
      'none',
    ],
    ['of nothing names nothing', [metro('a', { name: '-', cities: ['!'] })], { metro: ' ', city: '?' }, 'none'],
  ])('%s', (_what, metros, given, expected) => {
    expect(told(metros, given)).toBe(expected);
  });
});

describe('postal codes and cities', () => {
  const two = [
    metro('berlin', { postalPrefixes: ['10', '13'], cities: ['Berlin', 'Köln-Süd'] }),
    metro('new-york', { country: 'US', postalPrefixes: ['101', '11'], cities: ['Berlin', 'Queens'] }),
  ];

  test.each<[string, Partial<Place>, string]>([
    ['count within the country', { country: 'US', postalCode: '10115' }, 'new-york POSTAL_CODE'],
    ['within the other', { country: 'de', postalCode: '10115' }, 'berlin POSTAL_CODE'],
    ['and within no third', { country: 'FR', postalCode: '13357', city: 'Queens' }, 'none'],
    ['count without a country where only one has the code', { postalCode: '13357' }, 'berlin POSTAL_CODE'],
    ['not where another has it by a shorter prefix', { postalCode: '10115' }, 'none'],
    ['and then the city tells', { postalCode: '10115', city: 'Queens' }, 'new-york CITY'],
    ['count without a country where only one has the city', { city: 'queens' }, 'new-york CITY'],
    ['not where another has it', { city: 'Berlin' }, 'none'],
    ['which a country settles', { country: 'US', city: 'Berlin' }, 'new-york CITY'],
    ['are read without spaces and hyphens', { country: 'US', postalCode: ' 1 1-374' }, 'new-york POSTAL_CODE'],
    ['are read without accents and hyphens', { country: 'DE', city: 'KOLN SUD' }, 'berlin CITY'],
    ['an empty country is none', { country: ' ', city: 'Queens' }, 'new-york CITY'],
  ])('%s', (_what, given, expected) => {
    expect(told(two, given)).toBe(expected);
  });

  test('a prefix may have spaces and lower case, and an empty one matches nothing', () => {
    const london = metro('london', { country: 'GB', postalPrefixes: ['sw1a 1', ' '] });
    expect(told([london], { country: 'GB', postalCode: 'SW1A1AA' })).toBe('london POSTAL_CODE');
    expect(told([london], { country: 'GB', postalCode: 'EH1 1AA' })).toBe('none');
  });

  test('two metros of one country with the same prefix or city: the first listed', () => {
    const twins = ['first', 'second'].map((key) => metro(key, { postalPrefixes: ['10'], cities: ['Town'] }));
    for (const country of ['DE', null]) {
      expect(told(twins, { country, postalCode: '10115' })).toBe('first POSTAL_CODE');
      expect(told(twins, { country, city: 'Town' })).toBe('first CITY');
    }
  });
});

describe('a distance', () => {
  // By WGS 84 geodesics within half a percent, which is what a sphere may differ by.
  test.each([
    ['Berlin to Munich', [52.52, 13.405], [48.1374, 11.5755], 504],
    ['London to New York', [51.5074, -0.1278], [40.7128, -74.006], 5_585],
    ['a degree of the equator', [0, 0], [0, 1], 111.195],
    ['a degree over the 180th meridian', [0, 179.5], [0, -179.5], 111.195],
    ['over the pole', [89, 0], [89, 180], 222.39],
    ['to the other side of the Earth', [0, 0], [0, 180], Math.PI * 6371.0088],
    ['to itself', [52.52, 13.4], [52.52, 13.4], 0],
  ] as const)('%s', (_what, [aLatitude, aLongitude], [bLatitude, bLongitude], km) => {
    const measured = distanceKm(
      { latitude: aLatitude, longitude: aLongitude },
      { latitude: bLatitude, longitude: bLongitude },
    );
    expect(Math.abs(measured - km)).toBeLessThanOrEqual(km * 0.005);
  });
});

describe('the circle', () => {
  const circle = (key: string, latitude: number, longitude: number, radiusKm: number): Metro =>
    metro(key, { latitude, longitude, radiusKm });

  test.each<[string, readonly Metro[], readonly [number, number], string]>([
    ['nearest centre of several', [circle('far', 50, 10, 200), circle('near', 50.5, 10, 100)], [50.4, 10], 'near'],
    [
      'not a nearer one that does not reach',
      [circle('far', 50, 10, 200), circle('near', 50.5, 10, 5)],
      [50.4, 10],
      'far',
    ],
    ['first of two at the same place', [circle('a', 50, 10, 20), circle('b', 50, 10, 30)], [50, 10.1], 'a'],
    ['first of two, be it much wider', [circle('a', 50, 10, 9_000), circle('b', 50, 10, 30)], [50, 10.1], 'a'],
    ['over the edge of a degree', [circle('a', 50.01, 10.01, 20)], [49.9, 9.9], 'a'],
    ['over the 180th meridian eastward', [circle('fiji', -17, 179.9, 50)], [-17, -179.9], 'fiji'],
    ['over the 180th meridian westward', [circle('fiji', -17, -179.9, 50)], [-17, 179.9], 'fiji'],
    ['on the 180th meridian, whichever its sign', [circle('fiji', -17, 180, 1)], [-17, -180], 'fiji'],
    ['over the north pole', [circle('north', 89.9, 0, 50)], [89.9, 180], 'north'],
    ['at the north pole', [circle('north', 90, 0, 50)], [89.9, -77], 'north'],
    ['at the south pole', [circle('south', -90, 0, 50)], [-89.9, 123], 'south'],
    ['at the pole itself', [circle('north', 89.9, 45, 50)], [90, -100], 'north'],
    ['far to the east, where degrees are narrow', [circle('north', 60, 10, 300)], [60, 15.3], 'north'],
    ['as wide as a continent', [circle('wide', 50, 10, 3_000)], [45, -10], 'wide'],
    ['as wide as the Earth', [circle('wide', 50, 10, 30_000)], [-50, -170], 'wide'],
    ['of no width, at its centre', [circle('point', 50, 10, 0)], [50, 10], 'point'],
  ])('%s', (_what, metros, [latitude, longitude], expected) => {
    expect(told(metros, { latitude, longitude })).toBe(`${expected} RADIUS`);
  });

  test.each<[string, Metro, readonly [number, number]]>([
    ['without a radius', metro('a', { latitude: 50, longitude: 10 }), [50, 10]],
    ['with a radius below 0', circle('a', 50, 10, -1), [50, 10]],
    ['with a radius that is no number', circle('a', 50, 10, Number.NaN), [50, 10]],
    ['off the Earth', circle('a', 95, 10, 1_000), [90, 10]],
    ['with a place off the Earth', circle('a', 50, 10, 1_000), [50, 370]],
    ['with a place that is no number', circle('a', 50, 10, 1_000), [Number.NaN, 10]],
  ])('is none %s', (_what, only, [latitude, longitude]) => {
    expect(told([only], { latitude, longitude })).toBe('none');
  });

  /** Evenly, which fc.double is not: most of its numbers are next to 0. */
  const evenly = (min: number, max: number) =>
    fc.integer({ min: min * 1e5, max: max * 1e5 }).map((value) => value / 1e5);
  const whole = (most: number) => fc.integer({ min: -most, max: most });
  const latitudes = fc.oneof(evenly(-90, 90), whole(90), evenly(85, 90), evenly(46, 49));
  const longitudes = fc.oneof(evenly(-180, 180), whole(180), evenly(178, 180), evenly(-180, -178));
  const radii = fc.oneof(evenly(0, 300), evenly(0, 21_000));

  test('found through the grid is the one found by looking at all', () => {
    const circles = fc.array(fc.tuple(latitudes, longitudes, radii), { maxLength: 20 });
    fc.assert(
      fc.property(circles, latitudes, longitudes, (given, latitude, longitude) => {
        const metros = given.map((values, index) => circle(`m${index}`, ...values));
        const within = metros
          .map((each) => ({
            key: each.key,
            radiusKm: each.radiusKm as number,
            km: distanceKm(
              { latitude, longitude },
              { latitude: each.latitude as number, longitude: each.longitude as number },
            ),
          }))
          .filter(({ km, radiusKm }) => km <= radiusKm)
          .toSorted((a, b) => a.km - b.km);
        expect(compileMetros(metros).match(place({ latitude, longitude }))?.key).toBe(within[0]?.key);
      }),
      { numRuns: 3_000 },
    );
  });

  test('covers every place on its edge', () => {
    const turns = evenly(0, 6.28);
    fc.assert(
      fc.property(latitudes, longitudes, evenly(1, 300), turns, (lat, lon, km, bearing) => {
        const at = destination(lat, lon, km, bearing);
        expect(told([circle('a', lat, lon, km * 1.000_001)], at)).toBe('a RADIUS');
        expect(told([circle('a', lat, lon, km * 0.999_99)], at)).toBe('none');
      }),
      { numRuns: 3_000 },
    );
  });

  test('of ten thousand metros is found by looking at a few', () => {
    // Spread evenly over the Earth by the golden angle, each reaching about the next.
    const metros = Array.from({ length: 10_000 }, (_, index) =>
      circle(
        `m${index}`,
        (Math.asin(1 - (2 * index + 1) / 10_000) * 180) / Math.PI,
        ((index * 137.507_764) % 360) - 180,
        100,
      ),
    );
    const index = compileMetros(metros);
    const asin = vi.spyOn(Math, 'asin');
    try {
      for (let longitude = -180; longitude < 180; longitude += 1) index.match(place({ latitude: 48.5, longitude }));
      // One for each distance.
      expect(asin.mock.calls.length / 360).toBeLessThan(10);
    } finally {
      asin.mockRestore();
    }
  });
});

/** Where one gets from a point at a bearing (in radians) after so many km. */
function destination(latitude: number, longitude: number, km: number, bearing: number) {
  const [phi, lambda, angle] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180, km / 6371.0088];
  const sine = Math.sin(phi) * Math.cos(angle) + Math.cos(phi) * Math.sin(angle) * Math.cos(bearing);
  const end =
    lambda + Math.atan2(Math.sin(bearing) * Math.sin(angle) * Math.cos(phi), Math.cos(angle) - Math.sin(phi) * sine);
  const degrees = (((end * 180) / Math.PI + 540) % 360) - 180;
  return { latitude: (Math.asin(Math.max(-1, Math.min(1, sine))) * 180) / Math.PI, longitude: degrees };
}

describe('the metros to start from', () => {
  test.each<[Partial<Place>, string]>([
    [{ country: 'DE', postalCode: '10115' }, 'berlin POSTAL_CODE'],
    [{ country: 'DE', postalCode: '14195' }, 'berlin POSTAL_CODE'],
    // Potsdam.
    [{ country: 'DE', postalCode: '14467' }, 'none'],
    [{ country: 'DE', postalCode: '20095' }, 'hamburg POSTAL_CODE'],
    [{ country: 'DE', postalCode: '80331' }, 'munich POSTAL_CODE'],
    [{ country: 'DE', postalCode: '85748' }, 'munich POSTAL_CODE'],
    [{ country: 'DE', city: 'MUENCHEN' }, 'munich CITY'],
    [{ city: 'Köln' }, 'cologne CITY'],
    [{ country: 'DE', postalCode: '60311' }, 'frankfurt POSTAL_CODE'],
    [{ city: 'Frankfurt am Main' }, 'frankfurt CITY'],
    [{ city: 'Frankfurt (Oder)' }, 'none'],
    [{ country: 'DE', postalCode: '70173' }, 'stuttgart POSTAL_CODE'],
    [{ country: 'AT', postalCode: '1010' }, 'vienna POSTAL_CODE'],
    [{ country: 'CH', postalCode: '8001' }, 'zurich POSTAL_CODE'],
    [{ city: 'Zürich' }, 'zurich CITY'],
    [{ country: 'GB', postalCode: 'SW1A 1AA' }, 'london POSTAL_CODE'],
    [{ country: 'GB', postalCode: 'E14 5AB' }, 'london POSTAL_CODE'],
    [{ country: 'GB', postalCode: 'W1A 1AA' }, 'london POSTAL_CODE'],
    // Edinburgh, Newcastle and Warrington.
    [{ country: 'GB', postalCode: 'EH1 1YZ' }, 'none'],
    [{ country: 'GB', postalCode: 'NE1 1EE' }, 'none'],
    [{ country: 'GB', postalCode: 'WA1 1AA' }, 'none'],
    [{ country: 'FR', postalCode: '75001' }, 'paris POSTAL_CODE'],
    [{ country: 'US', postalCode: '10001-1234' }, 'new-york POSTAL_CODE'],
    [{ country: 'US', postalCode: '94105' }, 'san-francisco-bay-area POSTAL_CODE'],
    [{ metro: 'San Francisco Bay Area' }, 'san-francisco-bay-area NAME'],
    [{ country: 'US', postalCode: '90210' }, 'los-angeles POSTAL_CODE'],
    [{ country: 'US', postalCode: '60601' }, 'chicago POSTAL_CODE'],
    [{ country: 'US', postalCode: '02108' }, 'boston POSTAL_CODE'],
    // New York, Berlin or Vienna.
    [{ postalCode: '10115' }, 'none'],
    [{ latitude: 48.25, longitude: 11.65 }, 'munich RADIUS'],
    [{ latitude: 37.34, longitude: -121.89 }, 'san-francisco-bay-area RADIUS'],
    [{ latitude: 45.5, longitude: 11 }, 'none'],
  ])('%j: %s', (given, expected) => {
    expect(told(METROS, given)).toBe(expected);
  });

  test('share no key, name, or anything within a country, and each finds itself', () => {
    const index = compileMetros(METROS);
    for (const { key, name, country, postalPrefixes, cities, latitude, longitude } of METROS) {
      expect(index.byKey.get(key)?.name).toBe(name);
      expect(index.match(place({ metro: key }))).toEqual({ key, by: 'NAME' });
      expect(index.match(place({ metro: name }))).toEqual({ key, by: 'NAME' });
      for (const postalCode of postalPrefixes)
        expect(index.match(place({ country, postalCode })), postalCode).toEqual({ key, by: 'POSTAL_CODE' });
      for (const city of cities) expect(index.match(place({ country, city })), city).toEqual({ key, by: 'CITY' });
      expect(index.match(place({ latitude, longitude }))).toEqual({ key, by: 'RADIUS' });
    }
  });
});
