import { passed, skipped, warned, type MachineCheck } from '../check.ts';

const step = 'autostart';

export const autostart: MachineCheck = {
  scope: 'machine',
  id: 'autostart',
  title: 'Start at login',
  why: 'The entry names the app by its path: after a move or an update it may lead nowhere.',
  async run({ services: { desktop } }) {
    const { wanted = false, entry } = (await desktop?.startAtLogin()) ?? {};
    if (!desktop || !entry) return { evidence: [skipped(step, 'app', 'This host cannot start at login.')] };
    const { state, place, starts, command } = entry;
    const facts = { place, ...(starts === undefined ? {} : { starts }) };
    if (state === 'right') return { evidence: [passed(step, 'app', facts)] };
    // a person who switched it off in the system's own settings meant it
    if ((state === 'absent' || state === 'off') && !wanted)
      return { evidence: [skipped(step, 'app', 'It is switched off.')] };
    const said = {
      absent: `Culvert is set to start at login, and ${place} has no entry for it.`,
      off: `Culvert is set to start at login, and its entry in ${place} is switched off.`,
      broken: `The entry in ${place} starts ${starts ?? 'nothing'}, which is not there.`,
      elsewhere: `The entry in ${place} starts another Culvert: ${starts ?? 'one at another place'}.`,
    }[state];
    return {
      evidence: [warned(step, 'app', said, facts)],
      fix: {
        fix: {
          kind: 'autostart.repair',
          summary: `Write the entry in ${place} anew, for the app as it runs now.`,
          before: starts === undefined ? 'no entry that works' : `starts ${starts}`,
          after: `starts ${command}`,
        },
        apply: () => desktop.setStartAtLogin(true),
      },
    };
  },
};
