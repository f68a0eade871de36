import type { Handlers } from '../../../shared/ipc.ts';
import type { AppSettings } from '../../settings/app-settings.ts';
import type { Platform } from '../../base/platform.ts';

export function settingsHandlers(
  settings: AppSettings,
  platform: Platform,
): Pick<Handlers, 'settings.get' | 'settings.set'> {
  return {
    'settings.get': () => settings.values,
    'settings.set': async (patch) => {
      const { startAtLogin } = patch;
      // what the system refuses is not written down as done
      if (startAtLogin !== undefined && startAtLogin !== settings.values.startAtLogin) {
        await platform.setStartAtLogin(startAtLogin);
      }
      return settings.change(patch);
    },
  };
}
