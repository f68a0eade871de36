export const wizardStrings = {} as const;
