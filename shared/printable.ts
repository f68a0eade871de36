// eslint-disable-next-line no-control-regex -- they could forge lines or drive a terminal
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** What others wrote, without what a terminal would obey; lines and tabs stay. */
export const printable = (text: string): string => text.replace(control, '\uFFFD');

/** Control and format characters, the separators of lines, and blanks that are not the plain one. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu;

/**
 * A text that somebody agrees to, with everything in it that cannot be seen or that turns its reading direction written
 * out, as `<U+202E>`: what is shown is then what would run.
 */
export const revealed = (text: string): string =>
  text.replace(unseen, (mark) => `<U+${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`);
