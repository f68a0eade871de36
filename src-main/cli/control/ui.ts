import { clean } from '../../observe/log-format.ts';
import type { Env } from '../../settings/layers.ts';
import { exitCodes } from '../exit.ts';
import { openAddress } from '../run/open-address.ts';
import { onlyProcess } from './processes.ts';

export interface UiRequest {
  readonly open: boolean;
  readonly pid: number | undefined;
}

/** Prints an address of the pages that works once; `open` hands it to the browser instead, where there is one. */
export async function showUi(env: Env, { open, pid }: UiRequest): Promise<number> {
  const { client } = await onlyProcess(env, 'The pages', pid);
  const { url } = await client.call('browser.address', undefined);
  if (!open || !(await openAddress(url))) process.stdout.write(`${clean(url)}\n`);
  return exitCodes.done;
}
