/** Why Harpoon did not make a call, or what came of it instead of an answer: callers get it as the tool's own error. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly label: string;
  readonly reason: string;

  constructor(label: string, reason: string, options?: { cause?: unknown }) {
    super(`label ${label === '' ? 'unknown' : label}: ${reason}`, options);
    this.label = label;
    this.reason = reason;
  }
}
