import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { TunnelError } from '../../../shared/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { readOperations, type Operation } from '../../harpoon/openapi/document.ts';
import { toTarget } from '../../harpoon/openapi/to-target.ts';
import { exitCodes } from '../exit.ts';

export interface ImportOpenApiValues {
  readonly operation?: readonly string[];
  readonly server?: string;
}

/** `culvert harpoon import`: the targets on standard output, the rest on standard error. Exit code 2 when one was refused. */
export async function importOpenApi(
  file: string,
  { operation: wanted = [], server }: ImportOpenApiValues,
): Promise<number> {
  const operations = await readOperations(await textOf(file), file);
  if (wanted.length === 0) {
    for (const one of operations) {
      const made = toTarget(one, server);
      const verdict = 'target' in made ? 'can be imported' : made.refused.join('; ');
      process.stdout.write(`${one.name}\n  ${one.method} ${one.path}: ${verdict}\n`);
    }
    return exitCodes.done;
  }
  const targets: unknown[] = [];
  const own: Record<string, unknown> = {};
  let code: number = exitCodes.done;
  for (const name of wanted) {
    const made = toTarget(find(operations, name, file), server);
    if ('target' in made) {
      targets.push(made.target);
      if (made.own) own[made.target.label] = made.own;
      for (const note of made.notes) process.stderr.write(`${name}: ${note}.\n`);
    } else {
      code = exitCodes.usage;
      for (const reason of made.refused) process.stderr.write(`${name} cannot be imported: ${reason}.\n`);
    }
  }
  if (targets.length > 0)
    process.stdout.write(
      stringify(
        {
          config_version: 2,
          harpoon: { targets },
          ...(Object.keys(own).length > 0 && { culvert: { harpoon_targets: own } }),
        },
        { lineWidth: 0 },
      ),
    );
  return code;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new TunnelError('config_unreadable', 'local', { file }, { cause: error });
  }
}

function find(operations: readonly Operation[], name: string, file: string): Operation {
  const found = operations.find((one) => one.name === name || `${one.method} ${one.path}` === name);
  if (found) return found;
  const meant = nearest(
    name,
    operations.map((one) => one.name),
  );
  throw new TunnelError('config_invalid', 'local', {
    file,
    problem: `it has no operation ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
  });
}
