/** `text` without the characters of `chars` that it ends with. Linear, which `/[…]+$/` is not. */
export function withoutTrailing(text: string, chars: string): string {
  let end = text.length;
  while (end > 0 && chars.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** `text` without the characters of `chars` that it begins with. */
export function withoutLeading(text: string, chars: string): string {
  let start = 0;
  while (start < text.length && chars.includes(text.charAt(start))) start++;
  return text.slice(start);
}

/** `text` without the characters of `chars` at either end. */
export const trimmedOf = (text: string, chars: string): string => withoutLeading(withoutTrailing(text, chars), chars);
