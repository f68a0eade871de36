import { passed, warned, type MachineCheck } from '../check.ts';

export const tray: MachineCheck = {
  scope: 'machine',
  id: 'tray',
  title: 'Tray icon',
  why: 'The state of the tunnels is read off it, and the app is reached through it when its window is closed.',
  run({ services: { desktop } }) {
    const state = desktop?.tray() ?? 'none';
    return Promise.resolve({
      evidence: [
        state === 'shown'
          ? passed('tray', 'app')
          : warned('tray', 'app', 'This desktop shows no tray icons: closing the window minimises it.', { state }),
      ],
    });
  },
};
