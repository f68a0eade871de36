import { doctorStrings, logStrings, settingsStrings } from './strings/care.ts';
import { importStrings } from './strings/imports.ts';
import { overviewStrings } from './strings/overview.ts';
import { profileStrings } from './strings/profiles.ts';
import { shellStrings } from './strings/shell.ts';
import { traceStrings } from './strings/traces.ts';
import { tunnelStrings } from './strings/tunnels.ts';
import { wizardStrings } from './strings/wizard.ts';

/** Every word on the pages, but for errors and verdicts, which `shared/messages.ts` has for all who speak. */
export const t = {
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
