/** How long a test waits for what must come, in milliseconds: a limit that a busy machine does not reach, never a pause. */
export const patienceMs = 30_000;
