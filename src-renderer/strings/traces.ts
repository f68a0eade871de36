export const traceStrings = {} as const;
