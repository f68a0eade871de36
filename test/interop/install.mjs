import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { npm, python } from './versions.mjs';

const here = fileURLToPath(new URL('./', import.meta.url));
const quietly = (program, args, cwd) => execFileSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

/** Installs every client and server under `folder`, from the package registries alone; what is there already stays. */
export function install(folder) {
  for (const [name, dependencies] of Object.entries(npm)) {
    const place = join(folder, name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'package.json'), JSON.stringify({ private: true, dependencies }));
    cpSync(join(here, 'clients/typescript.mjs'), join(place, 'typescript.mjs'));
    if (!existsSync(join(place, 'node_modules')))
      quietly('npm', ['install', '--no-audit', '--no-fund', '--silent'], place);
  }
  for (const [name, packages] of Object.entries(python)) {
    const place = join(folder, name);
    if (existsSync(join(place, 'installed'))) continue;
    quietly('python3', ['-m', 'venv', place], folder);
    quietly(join(place, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages], folder);
    writeFileSync(join(place, 'installed'), packages.join('\n'));
  }
  cpSync(join(here, 'go'), join(folder, 'go'), { recursive: true });
  quietly('go', ['build', '-o', 'interop', '.'], join(folder, 'go'));
}
