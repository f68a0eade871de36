import { run } from '../api.ts';
import { getState } from '../store.ts';

/** A file chosen in a browser: the page reads it and hands over its text. */
function pickFile(): Promise<File | undefined> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = '.yaml,.yml,.json';
    input.addEventListener('change', () => resolve(input.files?.[0]));
    input.addEventListener('cancel', () => resolve(undefined));
    input.click();
  });
}

/** Asks for a file and adds it as a profile; its id, or `undefined` when it was cancelled or failed (which was said). */
export async function importProfile(): Promise<string | undefined> {
  if (getState().app?.capabilities.files) return (await run('profiles.import', {}))?.id;
  const file = await pickFile();
  if (!file) return undefined;
  return (await run('profiles.import', { name: file.name, text: await file.text() }))?.id;
}
