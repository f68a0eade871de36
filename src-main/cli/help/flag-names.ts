import { TunnelError } from '../../../shared/errors.ts';

/** Which flag of `init` each setting of the new profile comes from. */
const flags: readonly (readonly [field: RegExp, flag: string])[] = [
  [/^control_plane\.base_url$/, '--control-plane-base-url'],
  [/^control_plane\.url_path$/, '--control-plane-url-path'],
  [/^control_plane\.organization_id$/, '--organization-id'],
  [/^control_plane\.api_key$/, '--control-plane-api-key-ref'],
  [/^health\.listen_addr$/, '--health-listen-addr'],
];
const serverFlags: typeof flags = [
  [/^mcp\.server_urls\[1\]/, '--mcp-server-url'],
  [/^mcp\.commands\[1\]/, '--mcp-command'],
];

const placeNames = new Set(['file', 'line', 'column', 'field']);

/**
 * Runs what makes a profile from flags. A mistake is told of the flag it was made in: a line of a file that was never
 * written leads nowhere.
 *
 * @param servers - the files that the servers come from, when it is not from flags
 */
export async function namingFlags<Result>(work: () => Promise<Result>, servers?: string): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TunnelError)) throw error;
    const { code, leg } = error;
    const { line, file, field } = error.params;
    const params = Object.fromEntries(Object.entries(error.params).filter(([name]) => !placeNames.has(name)));
    if (code === 'tunnel_id_invalid')
      throw new TunnelError(code, leg, { ...params, field: '--tunnel-id' }, { cause: error });
    const isOfText = typeof line === 'number' || file === 'the form';
    if (typeof field !== 'string' || !isOfText) throw error;
    const known = servers === undefined ? [...flags, ...serverFlags] : flags;
    const flag = known.find(([pattern]) => pattern.test(field))?.[1];
    const typed = 'the command line';
    const where = flag === undefined ? { field, file: servers ?? typed } : { field: flag, file: typed };
    throw new TunnelError(code, leg, { ...params, ...where }, { cause: error });
  }
}
