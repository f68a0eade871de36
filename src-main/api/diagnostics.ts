import { describeVerdict } from '../../shared/verdict-words.ts';
import { wireProtocolVersion } from '../control-plane/request-headers.ts';
import type { Log } from '../observe/log.ts';
import type { AppSettings } from '../settings/app-settings.ts';
import type { TunnelManager } from '../tunnel/tunnel-manager.ts';
import { version } from '../base/version.ts';
import type { AppState } from './app-state.ts';
import type { ProfileList } from './profiles/profile-list.ts';

interface DiagnosticsDeps {
  readonly state: AppState;
  readonly manager: TunnelManager;
  readonly profiles: ProfileList;
  readonly settings: AppSettings;
  readonly log: Log;
  readonly versions: { readonly electron?: string };
}

/** What somebody who helps wants to see. Nothing of payloads, keys or headers: states, counts, versions and the log, which holds none of them either. */
export function createDiagnostics({ state, manager, profiles, settings, log, versions }: DiagnosticsDeps) {
  const electron = versions.electron === undefined ? '' : `, Electron ${versions.electron}`;
  const machine = `${process.platform} ${process.arch}, Node ${process.versions.node}${electron}`;
  const lines = (): string[] => [
    `Culvert ${version}, wire protocol ${wireProtocolVersion}, ${machine}`,
    ...state.views().map(({ snapshot: { name, tunnelId, state: at, counts }, verdict }) => {
      const { title, cause } = describeVerdict(verdict);
      return `${name} (${tunnelId}): ${at.kind}. ${title}. ${cause} ${counts.commands} commands, ${counts.errors} errors.`;
    }),
  ];
  return {
    /** A few lines for a clipboard. */
    text: (): string => lines().join('\n'),
    /** The whole of it, for a file. */
    bundle: () => ({
      diagnostics: lines(),
      tunnels: manager.snapshots(),
      profiles: profiles.summaries,
      settings: settings.values,
      log: log.recent(2_000),
    }),
  };
}
