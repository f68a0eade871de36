import { TunnelError } from '../../shared/errors.ts';
import type { Capabilities } from '../../shared/app.ts';
import type { FileOffer, Platform } from '../base/platform.ts';

const platforms: Readonly<Partial<Record<NodeJS.Platform, Capabilities['platform']>>> = {
  linux: 'linux',
  darwin: 'darwin',
  win32: 'win32',
};

const notHere = (): never => {
  throw new TunnelError('not_allowed', 'local');
};

/** A process without a desktop: a browser has its own clipboard and links, files come as downloads. */
export function createHeadlessPlatform(offer: (file: FileOffer) => string): Platform {
  return {
    capabilities: () => ({
      platform: platforms[process.platform] ?? 'other',
      tray: 'none',
      startAtLogin: false,
      notifications: false,
      files: false,
      quit: false,
    }),
    open: () => Promise.reject(new TunnelError('not_allowed', 'local')),
    copy: notHere,
    chooseFolder: () => Promise.reject(new TunnelError('not_allowed', 'local')),
    chooseFile: () => Promise.reject(new TunnelError('not_allowed', 'local')),
    showFile: notHere,
    saveFile: (file) => Promise.resolve({ kind: 'download', url: offer(file), name: file.name }),
    setStartAtLogin: () => Promise.reject(new TunnelError('not_allowed', 'local')),
    quit: notHere,
  };
}
