interface Self {
  readonly execPath: string;
  readonly argv: readonly string[];
  readonly versions: Readonly<Record<string, string | undefined>>;
  /** Electron's: the app is a folder given to the Electron binary, not packaged. */
  readonly defaultApp?: boolean;
}

/**
 * Program and arguments that run a subcommand of this very program: Node with its entry file, Electron with the app's
 * folder, or the packaged app, which is its own entry. A packaged app takes the switch that it needs no display only
 * from argv, before it starts.
 */
export function selfCommand(subcommand: string, self: Self = process): string[] {
  const { execPath, argv, versions, defaultApp = false } = self;
  const entry = argv[1] ?? '.';
  if (versions['electron'] === undefined) return [execPath, entry, subcommand];
  return [execPath, '--ozone-platform=headless', ...(defaultApp ? [entry] : []), subcommand];
}
