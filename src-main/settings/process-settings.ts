import type { LogLevel } from '../../shared/settings.ts';
import { invalid, type PlaceOf } from './check.ts';
import type { FileConfig } from './file-schema.ts';

export type LogFormat = 'people' | 'struct-text' | 'json';

/** What belongs to the process rather than to a tunnel. */
export interface ProcessSettings {
  readonly log: {
    readonly level: LogLevel;
    readonly format: LogFormat;
    readonly file?: string;
    readonly httpRawUnsafe: boolean;
  };
  readonly listen: {
    /** Undefined = the default, which moves on to the next free port when it is taken. */
    readonly address?: string;
    readonly unixSocket?: string;
    readonly urlFile?: string;
    readonly showDetails: boolean;
  };
  readonly ui: {
    readonly enabled: boolean;
    readonly allowRemote: boolean;
    readonly openBrowser: boolean;
    readonly logBufferEvents: number;
  };
  readonly pidFile?: string;
}

/** Throws `config_invalid`. */
export function processSettings(config: FileConfig, placeOf: PlaceOf): ProcessSettings {
  const { log, health, admin_ui: ui, process } = config;
  const path = (value: string | undefined) => (value === undefined || value.trim() === '' ? undefined : value.trim());
  const address = path(health?.listen_addr);
  if (address !== undefined && parseListenAddress(address) === undefined) {
    throw invalid(placeOf, ['health', 'listen_addr'], 'it is not an address to listen at', {
      allowed: 'HOST:PORT, :PORT or [IPv6]:PORT, with port 0 to 65535',
    });
  }
  const events = ui?.log_buffer_events ?? 2_000;
  if (events < 1 || events > 100_000) {
    throw invalid(placeOf, ['admin_ui', 'log_buffer_events'], 'it is out of range', { allowed: '1 to 100000' });
  }
  const file = path(log?.file);
  const unixSocket = path(health?.unix_socket);
  const urlFile = path(health?.url_file);
  const pidFile = path(process?.pid_file);
  return {
    log: {
      level: log?.level ?? 'info',
      format: log?.format ?? 'people',
      ...(file === undefined ? {} : { file }),
      httpRawUnsafe: log?.http_raw_unsafe ?? false,
    },
    listen: {
      ...(address === undefined ? {} : { address }),
      ...(unixSocket === undefined ? {} : { unixSocket }),
      ...(urlFile === undefined ? {} : { urlFile }),
      showDetails: health?.show_details ?? false,
    },
    ui: {
      enabled: config.culvert?.ui ?? true,
      allowRemote: ui?.allow_remote ?? false,
      openBrowser: ui?.open_browser ?? false,
      logBufferEvents: events,
    },
    ...(pidFile === undefined ? {} : { pidFile }),
  };
}

/** `HOST:PORT` as Go writes it; an empty host means all interfaces. */
export function parseListenAddress(text: string): { host: string | undefined; port: number } | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text.trim());
  if (!match) return undefined;
  const port = Number(match[3]);
  const host = match[1] ?? match[2] ?? '';
  return port > 65_535 ? undefined : { host: host === '' ? undefined : host, port };
}
