import { doctorStrings, logStrings, settingsStrings } from './care.ts';
import { importStrings } from './imports.ts';
import { overviewStrings } from './overview.ts';
import { profileStrings } from './profiles.ts';
import { shellStrings } from './shell.ts';
import { traceStrings } from './traces.ts';
import { tunnelStrings } from './tunnels.ts';
import { wizardStrings } from './wizard.ts';

/** The sentences of the pages. */
export const pages = {
  ...shellStrings,
  overview: overviewStrings,
  wizard: wizardStrings,
  imports: importStrings,
  traces: traceStrings,
  profiles: profileStrings,
  tunnels: tunnelStrings,
  doctor: doctorStrings,
  logs: logStrings,
  settings: settingsStrings,
} as const;
