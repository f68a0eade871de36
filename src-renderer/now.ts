import { useSyncExternalStore } from 'react';

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
};

/** Wall-clock milliseconds, once a second, for "4 s ago" and "next try in 14 s". */
export const useNow = (): number =>
  useSyncExternalStore(subscribe, () => {
    if (timer === undefined && Date.now() - now > 1000) now = Date.now();
    return now;
  });
