import { passed, skipped, type MachineCheck } from '../check.ts';

export const autostart: MachineCheck = {
  scope: 'machine',
  id: 'autostart',
  title: 'Start at login',
  why: 'The entry names the app by its path: after a move or an update it may lead nowhere.',
  run({ services: { desktop } }) {
    const { wanted = false, can = false } = desktop?.startAtLogin() ?? {};
    if (!can) return Promise.resolve({ evidence: [skipped('autostart', 'app', 'This host cannot start at login.')] });
    if (!wanted || !desktop) return Promise.resolve({ evidence: [skipped('autostart', 'app', 'It is switched off.')] });
    return Promise.resolve({
      evidence: [passed('autostart', 'app')],
      fix: {
        fix: { kind: 'autostart.repair', summary: 'Write the entry anew, for the app as it runs now.' },
        apply: () => desktop.setStartAtLogin(true),
      },
    });
  },
};
