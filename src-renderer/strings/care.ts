export const doctorStrings = {} as const;
export const logStrings = {} as const;
export const settingsStrings = {} as const;
