/** A copy with a key set, or left out when the value is `undefined`: what is optional in the contract is absent, never `undefined`. */
export function withOptional<T extends object, K extends keyof T>(object: T, key: K, value: T[K] | undefined): T {
  if (value !== undefined) return { ...object, [key]: value };
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key)) as T;
}

/** What the field of one key needs: `<Field label="…" {...of('name')} />`. */
export const fieldsOf =
  <T extends object>(object: T, onChange: (next: T) => void, errorOf?: (key: string) => string | undefined) =>
  <K extends keyof T & string>(key: K) => ({
    value: object[key],
    error: errorOf?.(key),
    onChange: (value: T[K] | undefined) => onChange(withOptional(object, key, value)),
  });
