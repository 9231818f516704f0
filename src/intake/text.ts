import { z } from 'zod';

/* NUL is refused by PostgreSQL, a lone surrogate is no character, and the other controls have no business in a name. */
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/;
const LINE_BREAK = /[\r\n\t\v\f\u0085\u2028\u2029]/;

/** Text of up to `max` characters on one line: trimmed, empty as null. */
export const line = (max: number) =>
  multiline(max).refine((text) => text === null || !LINE_BREAK.test(text), {
    error: 'must be one line, without line breaks or tabs',
  });

/** Text of up to `max` characters, with line breaks: trimmed, empty as null. */
export const multiline = (max: number) =>
  z
    .string()
    .max(max, { error: ({ input }) => `is at most ${max} characters long, this has ${(input as string).length}` })
    .refine((text) => !CONTROL.test(text), { error: 'has a control character' })
    .refine((text) => text.isWellFormed(), { error: 'has half of a surrogate pair, which is no character' })
    .transform((text) => text.trim() || null);
