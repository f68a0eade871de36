import Conf from 'conf';
import type { Settings } from '../../shared/settings.ts';
import { settingsFileName, type SettingsFile } from './app-settings.ts';

/** The app's settings file, opened without Electron. */
export function headlessSettingsFile(folder: string): SettingsFile {
  const store = new Conf<Record<string, unknown>>({
    cwd: folder,
    configName: settingsFileName,
    projectName: 'culvert',
    clearInvalidConfig: true,
  });
  return { read: () => store.store, write: (values: Settings) => (store.store = { ...values }) };
}
