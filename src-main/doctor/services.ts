import type { Platform } from '../base/platform.ts';
import type { Approvals } from '../approvals/approvals.ts';
import type { Probes } from '../diagnosis/probes.ts';
import type { Environment } from '../process/environment.ts';
import type { RouteDeps } from '../network/routes.ts';
import type { ProfileStore } from '../profiles/profile-store.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { TunnelManager } from '../tunnel/tunnel-manager.ts';

/** What the checks work with: the same in the app, in `culvert doctor` and in tests. */
export interface DoctorServices {
  readonly env: Environment;
  readonly secrets: SecretResolver;
  readonly secretStore: () => SecretStore;
  readonly probes: Probes;
  readonly manager: TunnelManager;
  /** The app's: as the engine's routes have it. */
  readonly systemProxy?: RouteDeps['systemProxy'];
  /** The PATH that programs are looked up on. */
  readonly searchPath: () => Promise<string>;
  /** Asks the login shell for its PATH; `refresh`, where this process remembers one, makes its answer the one above. */
  readonly loginPath?: { readonly ask: () => Promise<string>; readonly refresh?: () => Promise<void> };
  readonly store: ProfileStore;
  /** Absent where whoever asks has typed the command: then it needs no consent. */
  readonly approvals?: Pick<Approvals, 'describe' | 'require'>;
  /** Where the processes of this account find each other, and Culvert's own folder. */
  readonly runtimeFolder: string;
  readonly folder: string;
  /** What only a host with a desktop has. */
  readonly desktop?: {
    readonly tray: () => 'shown' | 'no-host' | 'none';
    /** What the settings say, and what the system says; no entry where this host cannot start at login. */
    readonly startAtLogin: () => Promise<{
      readonly wanted: boolean;
      readonly entry: Awaited<ReturnType<NonNullable<Platform['loginEntry']>>> | undefined;
    }>;
    readonly setStartAtLogin: (wanted: boolean) => Promise<void>;
  };
  readonly platform?: NodeJS.Platform;
  /** Wall-clock milliseconds. */
  readonly now?: () => number;
}
