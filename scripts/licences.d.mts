import type { Plugin } from 'vite';

export function gatherLicences(): Plugin;
export function writeLicences(file: string): void;
