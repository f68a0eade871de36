import type { Capabilities } from '../../shared/app.ts';
import type { Caller } from '../../shared/ipc.ts';
import type { LinkKey } from '../../shared/links.ts';
import type { FileResult } from '../../shared/trace-view.ts';

export interface FileOffer {
  readonly name: string;
  readonly type: string;
  readonly body: string;
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
  setStartAtLogin(wanted: boolean): Promise<void>;
  quit(): void;
}
