/** How long to wait before try number `attempt` (from 1): exponential, capped, the upper half of it left to chance. */
export function backoffMs(attempt: number, random: () => number, baseMs: number, capMs: number): number {
  const full = Math.min(capMs, baseMs * 2 ** Math.min(30, attempt - 1));
  return full / 2 + (full / 2) * random();
}
