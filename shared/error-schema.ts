import { z } from 'zod';
import { errorCodes, legs, type ErrorCode } from './errors.ts';

const codeNames = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]];

/** What crosses IPC, goes into a state or a trace: an error without its stack. Parameters never hold a secret. */
export const tunnelErrorSchema = z.object({
  code: z.enum(codeNames),
  leg: z.enum(legs),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
