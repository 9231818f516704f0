import { type Program, startProgram } from './program.ts';

/* A real Redis, the package `redis-server` of Debian, that keeps nothing. */

export const REDIS = 'redis-server';
const PASSWORD = 'pass-word-of-redis';

export interface Redis extends Program {
  /** With its password. */
  readonly url: string;
}

export const redisUrl = (port: number): string => `redis://:${PASSWORD}@127.0.0.1:${port}`;

/** @param port of one that was killed */
export async function startRedis(port?: number): Promise<Redis> {
  const program = await startProgram({
    command: REDIS,
    port,
    prepare: async (folder, listen) =>
      Object.entries({ bind: '127.0.0.1', port: listen, dir: folder, save: '', requirepass: PASSWORD }).flatMap(
        ([name, value]) => [`--${name}`, String(value)],
      ),
  });
  return { ...program, url: redisUrl(program.port) };
}
