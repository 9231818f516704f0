/** Reps who get leads, in pools of twenty, a pool for each country. */
export const REPS = 1_000;
/** Reps whose devices are connected and get none. */
export const RESTING = 9_000;

export const COUNTRIES =
  'AT BE BG BR CA CH CL CN CO CZ DE DK EE EG ES FI FR GB GR HR HU IE IL IN IS IT JP KE KR LT LU LV MA MX MY NG NL NO NZ PE PH PL PT RO RS SE SG SI SK US'.split(
    ' ',
  );
const POOL_SIZE = REPS / COUNTRIES.length;

/** A key of a rep's device, by its number. */
export function keyOf(index: number): { readonly keyId: string; readonly secret: string; readonly token: string } {
  const keyId = `bench${String(index).padStart(7, '0')}`;
  const secret = String(index).padStart(43, '0');
  return { keyId, secret, token: `fl_${keyId}_${secret}` };
}

const reps = Array.from({ length: REPS }, (_, index) => `rep-${index}`);

export const DELIVERY_COMPANY = JSON.stringify({
  apiVersion: 'fairlead/v1',
  kind: 'Company',
  workspace: { defaultCapacity: 100_000 },
  reps: ['boss', ...reps].map((key) => ({ key, name: key, email: `${key}@fairlead.example` })),
  pools: COUNTRIES.map((country, index) => ({
    key: `pool-${country.toLowerCase()}`,
    name: country,
    strategy: 'ROUND_ROBIN',
    members: reps.slice(index * POOL_SIZE, (index + 1) * POOL_SIZE).map((rep) => ({ rep })),
  })),
  plan: {
    steps: COUNTRIES.map((country) => ({
      key: `step-${country.toLowerCase()}`,
      kind: 'SEGMENT',
      condition: { field: 'country', operator: 'EQUALS', value: country },
      target: { kind: 'POOL', pool: `pool-${country.toLowerCase()}` },
    })),
    lastResort: ['boss'],
  },
});
