import { resolve as resolvePath } from 'node:path';
import type { StdioChannelConfig } from '../../../shared/profile.ts';
import { isSecretName, type Redact, redactor } from '../../detect/redact.ts';
import type { SecretResolver } from '../../secrets/secret-resolver.ts';
import { variableValue } from '../../secrets/variable-value.ts';
import { childEnvironment, type Environment, isInheritedPath, variable } from '../../process/environment.ts';
import { resolveProgram, type SpawnPlan, spawnPlan } from '../../process/program.ts';

export interface LaunchDeps {
  /** Culvert's own environment; what a child must not see of it is left out here. */
  readonly environment: Environment;
  /** Variables that no child inherits, beside Culvert's own keys: see `withheldVariables`. */
  readonly withheld: readonly string[];
  readonly secrets: SecretResolver;
  /** The PATH for programs and children, when it is not the inherited one: `desktopPath` in the app. */
  readonly searchPath?: () => Promise<string>;
}

export interface Launch {
  readonly plan: SpawnPlan;
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** Masks what is secret in this child's environment. */
  readonly redact: Redact;
}

/**
 * Everything that a start needs, found anew for each: a program may have been installed and a secret replaced since.
 * Rejects with `TunnelError` (`command_not_found`, `command_not_executable`, `config_invalid`, the secrets' codes).
 */
export async function planLaunch(
  [program, ...args]: readonly [string, ...string[]],
  config: StdioChannelConfig,
  deps: LaunchDeps,
): Promise<Launch> {
  const { environment, withheld, secrets, searchPath } = deps;
  const own: Record<string, string> = {};
  const secretValues: string[] = [];
  for (const [name, reference] of Object.entries(config.env)) {
    // the inherited PATH is the one on which Culvert looks for programs, and an app's own knows little
    if (isInheritedPath(name, reference)) continue;
    const value = await variableValue(reference, secrets, environment);
    own[name] = value;
    if (value.trim() !== '' && (value !== reference || isSecretName(name))) secretValues.push(value);
  }
  const path = searchPath && { PATH: await searchPath() };
  const env = childEnvironment({ base: environment, withheld, own: { ...path, ...own } });
  // a server that names no folder runs in the current one, as its consent says
  const cwd = resolvePath(config.cwd ?? '.');
  const file = await resolveProgram(program, { path: variable(env, 'PATH') ?? '', cwd, environment: env });
  return { plan: spawnPlan(file, args, env), cwd, env, redact: redactor(secretValues) };
}
