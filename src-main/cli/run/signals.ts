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
  const onSignal = (signal: string) => resolvers.shift()?.(signal);
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
