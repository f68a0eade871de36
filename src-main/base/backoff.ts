/** How long to wait before try number `attempt` (from 1): exponential, capped, the upper half of it left to chance. */
export function backoffMs(attempt: number, random: () => number, baseMs: number, capMs: number): number {
  const full = Math.min(capMs, baseMs * 2 ** Math.min(30, attempt - 1));
  return full / 2 + (full / 2) * random();
}

const oddAnswerBaseMs = 1_000;
const oddAnswerCapMs = 60_000;

/**
 * How long to wait after the answer number `attempt` (from 1) that is not the one hoped for: about 1 s, then 2, 4, 8 … up to
 * a minute. One odd answer proves nothing: gateways and deployments give 401, 404 or a page for a moment.
 */
export function oddAnswerWaitMs(attempt: number, random: () => number): number {
  const full = oddAnswerBaseMs * 2 ** Math.min(30, attempt - 1);
  return Math.min(oddAnswerCapMs, full * (0.9 + 0.2 * random()));
}
