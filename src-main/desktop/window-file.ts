import Store from 'electron-store';
import { z } from 'zod';
import type { WindowState } from './main-window.ts';

const stateSchema = z.object({
  bounds: z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }).optional(),
  maximized: z.boolean().default(false),
});

/** Where the window was last time. */
export function windowFile(folder: string): { load(): WindowState; save(state: WindowState): void } {
  const store = new Store<Record<string, unknown>>({ cwd: folder, name: 'window', clearInvalidConfig: true });
  return {
    load() {
      const { bounds, maximized } = stateSchema.catch({ maximized: false }).parse(store.store);
      return { maximized, ...(bounds ? { bounds } : {}) };
    },
    save(state) {
      try {
        store.store = { ...state };
      } catch {
        // a full disk: then the window opens next time where it last could be noted
      }
    },
  };
}
