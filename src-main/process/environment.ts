import type { Profile } from '../../shared/profile.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the tunnel itself is run with: its keys, and settings whose values may hold credentials. */
const ownKeys = [
  'CONTROL_PLANE_API_KEY',
  'CONTROL_PLANE_EXTRA_HEADERS',
  'CONTROL_PLANE_HTTP_PROXY',
  'OPENAI_ADMIN_KEY',
] as const;

/** Names of the environment variables that a profile's control-plane side refers to by `env:NAME`. */
export function withheldVariables(controlPlane: Profile['controlPlane']): string[] {
  const { apiKey, clientCert, clientKey, clientKeyPassphrase, httpProxy, caBundle, extraHeaders } = controlPlane;
  const values = [
    apiKey,
    clientCert,
    clientKey,
    clientKeyPassphrase,
    httpProxy,
    caBundle,
    ...Object.values(extraHeaders),
  ];
  return values.flatMap((value) => /^env:(.+)$/.exec(value?.trim() ?? '')?.[1] ?? []);
}

export interface ChildEnvironmentInput {
  /** Culvert's own environment. */
  readonly base: Environment;
  /** Names that no child gets from `base`, beside the keys of Culvert and of the reference client. */
  readonly withheld: readonly string[];
  /** The channel's own variables, resolved. They may set a withheld name: then it is the channel's value that the child sees. */
  readonly own: Readonly<Record<string, string>>;
}

/**
 * What a stdio child sees: the inherited environment, less the control plane's and the admin key
 * and every variable that a control-plane reference names, plus the channel's own variables.
 */
export function childEnvironment(
  { base, withheld, own }: ChildEnvironmentInput,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  // Names of variables have no case on Windows: `Path` and `PATH` are one.
  const same = platform === 'win32' ? (name: string) => name.toUpperCase() : (name: string) => name;
  const left = new Set([...ownKeys, ...withheld, ...Object.keys(own)].map(same));
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && !left.has(same(name))) environment[name] = value;
  }
  for (const [name, value] of Object.entries(own)) {
    // of two spellings the last one counts, as for any variable that is set twice
    for (const other of Object.keys(environment)) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a bare record, as `spawn` takes it
      if (other !== name && same(other) === same(name)) delete environment[other];
    }
    environment[name] = value;
  }
  return environment;
}

const reference = /^\s*(env|file|keychain):(.*)$/is;

/** Whether a channel's PATH is the inherited one: what `PATH: ${env:PATH}` of an imported server became. */
export function isInheritedPath(name: string, value: string, platform: NodeJS.Platform = process.platform): boolean {
  const isPath = (text: string): boolean => (platform === 'win32' ? text.toUpperCase() : text) === 'PATH';
  const [, kind, referred] = reference.exec(value) ?? [];
  return isPath(name) && kind?.toLowerCase() === 'env' && isPath(referred?.trim() ?? '');
}

/**
 * The PATH on which the program of a channel with these variables is looked for, as it is started; undefined where that
 * is the inherited one, and for a PATH that is read from a file or a keychain.
 */
export function ownPath(
  own: Readonly<Record<string, string>>,
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const value = variable(own, 'PATH', platform);
  if (value === undefined || isInheritedPath('PATH', value, platform)) return undefined;
  const [, kind, name] = reference.exec(value) ?? [];
  if (kind === undefined) return value;
  return kind.toLowerCase() === 'env' ? variable(environment, name?.trim() ?? '', platform) : undefined;
}

/** The value of a variable; on Windows whatever the case of its name. */
export function variable(
  environment: Environment,
  name: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (platform !== 'win32' || environment[name] !== undefined) return environment[name];
  const found = Object.keys(environment).find((key) => key.toUpperCase() === name.toUpperCase());
  return found === undefined ? undefined : environment[found];
}
