import Store from 'electron-store';
import { settingsFileName, type SettingsFile } from '../settings/app-settings.ts';

/** The settings file in Culvert's folder. A file that is not JSON any more is replaced rather than kept the app from starting. */
export function appSettingsFile(folder: string): SettingsFile {
  const store = new Store<Record<string, unknown>>({
    cwd: folder,
    name: settingsFileName,
    clearInvalidConfig: true,
  });
  return { read: () => store.store, write: (values) => (store.store = { ...values }) };
}
