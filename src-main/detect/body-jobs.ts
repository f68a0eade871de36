import { maskJson, revealJson, type MaskedText } from './masking.ts';

/** Work on one body. `bytes` is a view when it comes from a worker's message, so it is wrapped, not copied. */
export type BodyJob =
  | { readonly kind: 'mask'; readonly bytes: Uint8Array }
  | { readonly kind: 'reveal'; readonly bytes: Uint8Array; readonly pointer: string }
  /** Which of `texts`, in lower case, the masked body contains. */
  | { readonly kind: 'search'; readonly bytes: Uint8Array; readonly texts: readonly string[] };

export interface BodyAnswers {
  readonly mask: MaskedText;
  readonly reveal: string | undefined;
  readonly search: readonly boolean[];
}

export type BodyAnswer = BodyAnswers[keyof BodyAnswers];

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

export function answer(job: BodyJob): BodyAnswer {
  const bytes = bufferOf(job.bytes);
  switch (job.kind) {
    case 'mask':
      return maskJson(bytes);
    case 'reveal':
      return revealJson(bytes, job.pointer);
    case 'search': {
      const text = maskJson(bytes).text.toLowerCase();
      return job.texts.map((wanted) => text.includes(wanted));
    }
  }
}
