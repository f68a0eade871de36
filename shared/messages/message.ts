declare const parameters: unique symbol;

type Arg = string | number | boolean | undefined;

/** An ICU message with numbered parameters: `msg<[name: string, n: number]>('{0}: {1, plural, one {# call} other {# calls}}')`. */
export type Message<A extends readonly Arg[]> = string & { readonly [parameters]: A };

export const msg = <A extends readonly Arg[]>(text: string): Message<A> => text as Message<A>;

/** A group of sentences as it is used: sentences with parameters are functions of them. */
export type Spoken<T> =
  T extends Message<infer A>
    ? (...args: A) => string
    : T extends string
      ? string
      : T extends readonly string[]
        ? readonly string[]
        : { readonly [K in keyof T]: Spoken<T[K]> };

/** A group of sentences in another language: the same names, so that a missing or an extra one does not compile. */
export type Translated<T> = T extends string
  ? string
  : T extends readonly string[]
    ? { readonly [K in keyof T]: string }
    : { readonly [K in keyof T]: Translated<T[K]> };

interface Group {
  readonly [name: string]: string | readonly string[] | Group;
}
export type Node = Group[string];
