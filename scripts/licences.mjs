// The licences of what is bundled: each build tells its modules, and out/licences.json is what the app's About page shows.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** electron-vite loads its configuration as a module of its own: the set is shared by name. */
const folders = (globalThis[Symbol.for('culvert.bundled')] ??= new Set());

function add(path) {
  const [, folder] = /^\0?(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(path) ?? [];
  if (folder !== undefined) folders.add(folder);
}

export const gatherLicences = () => {
  let root = '';
  return {
    name: 'culvert:licences',
    configResolved: (config) => void (root = config.root),
    buildEnd() {
      for (const id of this.getModuleIds()) add(id);
    },
    // what styles bring along, such as fonts, is no module
    generateBundle(_options, bundle) {
      for (const { type, originalFileNames = [] } of Object.values(bundle)) {
        if (type === 'asset') for (const name of originalFileNames) add(resolve(root, name));
      }
    },
  };
};

function licenceOf(folder) {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) return undefined;
  const { name, version, license } = JSON.parse(readFileSync(manifest, 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const text = files.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
  return { name, version, licence: typeof license === 'string' ? license : 'see text', text };
}

export function writeLicences(file) {
  const licences = [...folders].map(licenceOf).filter((licence) => licence?.name !== undefined);
  licences.sort((a, b) => (a.name < b.name ? -1 : 1));
  writeFileSync(file, JSON.stringify(licences));
}
