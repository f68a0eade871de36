export const profileStrings = {} as const;
