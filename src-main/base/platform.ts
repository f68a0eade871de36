import type { Capabilities } from '../../shared/app.ts';
import type { Caller } from '../../shared/ipc.ts';
import type { LinkKey } from '../../shared/links.ts';
import type { FileResult } from '../../shared/trace-view.ts';

export interface FileOffer {
  readonly name: string;
  readonly type: string;
  readonly body: string;
}

/** What the system itself says about starting the app at login; what a setting says may be another thing. */
export interface LoginEntry {
  /** `elsewhere`: it starts the app at another place; `broken`: what it starts is not there; `off`: it is there and switched off. */
  readonly state: 'right' | 'absent' | 'off' | 'elsewhere' | 'broken';
  /** The file, or the list of the system, that holds it. */
  readonly place: string;
  /** What it starts, as far as the system says. */
  readonly starts?: string;
}

/** What a host can do for whoever calls: the app through Electron, a headless process hardly anything. */
export interface Platform {
  capabilities(): Pick<Capabilities, 'platform' | 'tray' | 'startAtLogin' | 'notifications' | 'files' | 'quit'>;
  /** Rejects with `not_allowed` where the host has no such thing. */
  open(link: LinkKey): Promise<void>;
  copy(text: string): void;
  chooseFolder(): Promise<string | undefined>;
  /** The text of a file that a person chose; `undefined` = cancelled. */
  chooseFile(): Promise<{ readonly name: string; readonly text: string } | undefined>;
  showFile(path: string): void;
  /** A dialog in the app, a download in a browser. */
  saveFile(offer: FileOffer, caller: Caller): Promise<FileResult>;
  /** Absent where the host has no such thing; `command` is how this very app is started. */
  loginEntry?(): Promise<LoginEntry & { readonly command: string }>;
  setStartAtLogin(wanted: boolean): Promise<void>;
  quit(): void;
}
