import { redactor } from '../detect/redact.ts';

const redact = redactor();

/** An unforeseen error for the log: its kind and message, secrets masked, without a stack. */
export const errorText = (error: unknown): string =>
  redact(error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 500);
