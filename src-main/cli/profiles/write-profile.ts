import { TunnelError } from '../../../shared/errors.ts';
import { findSample, sampleText } from '../../profiles/samples.ts';
import { exitCodes } from '../exit.ts';
import { namingFlags } from '../help/flag-names.ts';
import { importByName } from './import-server.ts';
import { saveText, type InitValues } from './new-profile.ts';

const keyDefault = 'env:CONTROL_PLANE_API_KEY';

/** Writes what the flags say. */
export async function writeProfile(values: InitValues): Promise<number> {
  const { tunnelId, mcpCommand, mcpServerUrl } = values;
  if (values.import) return importByName(values.import, values);
  if (tunnelId === undefined) {
    throw new TunnelError('config_invalid', 'local', {
      field: '--tunnel-id',
      file: 'the command line',
      problem: 'it is missing',
      hint: 'Copy the id from where the tunnel was created, or run `culvert init` in a terminal: it asks.',
    });
  }
  const sample = findSample(
    values.sample ?? (mcpCommand === undefined ? 'sample_mcp_with_dcr' : 'sample_mcp_stdio_local'),
  );
  const text = sampleText(sample, {
    tunnelId,
    apiKeyRef: values.controlPlaneApiKeyRef ?? keyDefault,
    baseUrl: values.controlPlaneBaseUrl,
    urlPath: values.controlPlaneUrlPath,
    organizationId: values.organizationId,
    serverUrl: mcpServerUrl,
    command: mcpCommand,
    listenAddress: values.healthListenAddr,
    openBrowser: values.openWebUi,
  });
  const name = values.profile ?? sample.name;
  await namingFlags(() => saveText(name, text, values));
  return exitCodes.done;
}
