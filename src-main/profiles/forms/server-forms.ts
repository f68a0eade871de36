/** What a profile is exported for besides the reference client. */
export const serverForms = ['systemd', 'docker', 'kubernetes'] as const;
export type ServerForm = (typeof serverForms)[number];
