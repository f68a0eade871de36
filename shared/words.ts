/**
 * Sentences for people. Each is a template: `{name}` is a parameter of the error, `{name|words}` has words for when it is
 * missing, and `[…]` is left out when a parameter inside it is missing. `{where}` and `{Where}` name the other end of the
 * error's leg.
 */
export interface Words {
  /** The state, without a full stop: what a heading or a notification shows. */
  readonly title: string;
  /** The reason: one sentence, evidence before opinion. */
  readonly cause: string;
  /** What to do: one sentence that starts with a verb, or says that nothing has to be done. */
  readonly next: string;
}
