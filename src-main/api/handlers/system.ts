import { TunnelError } from '../../../shared/errors.ts';
import type { Caller, Handlers } from '../../../shared/ipc.ts';
import type { Platform } from '../../base/platform.ts';

type Calls =
  | 'system.open'
  | 'system.copy'
  | 'system.showProfile'
  | 'system.chooseFolder'
  | 'system.diagnostics'
  | 'system.supportBundle'
  | 'system.quit'
  | 'browser.address'
  | 'browser.revoke';

export interface SystemServices {
  readonly platform: Platform;
  readonly profileFile: (id: string) => string | undefined;
  readonly diagnostics: () => string;
  readonly supportBundle: () => Promise<string>;
  readonly browser: { address(): string | undefined; revoke(): void };
}

/** A browser has its own clipboard and dialogs; those of the machine are for the window. */
function onlyWindow(caller: Caller): void {
  if (caller.host !== 'window') throw new TunnelError('not_allowed', 'local');
}

export function systemHandlers(services: SystemServices): Pick<Handlers, Calls> {
  const { platform, profileFile, diagnostics, supportBundle, browser } = services;
  return {
    'system.open': ({ link }, caller) => {
      onlyWindow(caller);
      return platform.open(link);
    },
    'system.copy': ({ text }, caller) => {
      onlyWindow(caller);
      platform.copy(text);
    },
    'system.showProfile': ({ id }, caller) => {
      onlyWindow(caller);
      const file = profileFile(id);
      if (file === undefined) throw new TunnelError('profile_not_found', 'local', { name: id });
      platform.showFile(file);
    },
    'system.chooseFolder': (_args, caller) => {
      onlyWindow(caller);
      return platform.chooseFolder();
    },
    'system.diagnostics': () => ({ text: diagnostics() }),
    'system.supportBundle': async (_args, caller) =>
      platform.saveFile(
        { name: 'culvert-support.json', type: 'application/json', body: await supportBundle() },
        caller,
      ),
    'system.quit': (_args, caller) => {
      onlyWindow(caller);
      platform.quit();
    },
    'browser.address': (_args, caller) => {
      // a browser's session must not make others
      if (caller.isCommandLine !== true) onlyWindow(caller);
      const url = browser.address();
      if (url === undefined) throw new TunnelError('listen_failed', 'local');
      return { url };
    },
    'browser.revoke': () => browser.revoke(),
  };
}
