import { isatty } from 'node:tty';

/** SIGTERM and Ctrl C ask to end; a closed terminal does, too. */
const signals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGBREAK'] as const;

export interface EndRequest {
  /** Resolves with the first signal. */
  readonly first: Promise<string>;
  /** Resolves with the second one: do not wait any more. */
  readonly second: Promise<string>;
  /** Gives the signals back their usual meaning. */
  release(): void;
}

/** From here on signals are requests, and do not end the process by themselves. */
export function listenForEnd(): EndRequest {
  const resolvers: ((signal: string) => void)[] = [];
  const next = () => new Promise<string>((resolve) => resolvers.push(resolve));
  const [first, second] = [next(), next()];
  // Node takes back that SIGHUP is ignored, which is how `nohup` keeps a program: without a terminal there is none to be closed
  const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  const onSignal = (signal: string) => {
    if (signal !== 'SIGHUP' || hasTerminal) resolvers.shift()?.(signal);
  };
  const wanted = signals.filter((signal) => signal !== 'SIGBREAK' || process.platform === 'win32');
  for (const signal of wanted) process.on(signal, onSignal);
  return {
    first,
    second,
    release: () => {
      for (const signal of wanted) process.off(signal, onSignal);
    },
  };
}
