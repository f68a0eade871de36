import { withoutLeading, withoutTrailing } from './trim.ts';

/** A profile's name is its file's: it stands for exactly one file on every system, the reference's rule. */
export const isProfileName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name);

/** The nearest name to what something else is called, at most 100 characters; empty when nothing of it can stay. */
export const profileNameFrom = (text: string): string => {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-');
  return withoutTrailing(withoutLeading(plain, '._-').slice(0, 100), '._-');
};
