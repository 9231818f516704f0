import { onePool } from '../support/companies.ts';

export const ADMIN_KEY = 'fl_benchadmin_0000000000000000000000000000000000000000000';
export const BENCH_REPS = 20;
export const BENCH_COMPANY = onePool(BENCH_REPS, { capacity: 100_000 });
