import { describe, expect, it } from 'vitest';
import { KeptSecrets } from '../../src-main/api/profiles/kept-secrets.ts';
import { profileSchema } from '../../shared/profile.ts';

const text = [
  'control_plane:',
  '  api_key: sk-literal-0123456789 # mine',
  '  http_proxy: http://me:hunter22@proxy:3128',
  '  extra_headers:',
  '    X-Auth-Token: abcd1234',
  '  tunnel_id: env:TUNNEL',
  'unknown_setting: 1',
  '',
].join('\n');

describe('literal secrets of a profile file', () => {
  it('do not reach the editor, not even when the file cannot be read, and come back when it is saved', () => {
    const kept = new KeptSecrets();
    const hidden = kept.hide({ text }).text;
    for (const secret of ['sk-literal-0123456789', 'hunter22', 'abcd1234']) expect(hidden).not.toContain(secret);
    expect(hidden).toContain('tunnel_id: env:TUNNEL');
    expect(kept.restore(hidden)).toBe(text);
  });

  it('are told by their looks where no name says so', () => {
    const url = 'postgres://me:hunter22@db/x';
    const profile = profileSchema.parse({
      id: 'p',
      name: 'p',
      controlPlane: { tunnelId: `tunnel_${'a'.repeat(32)}` },
      channels: [{ kind: 'stdio', name: 'main', command: 'x', env: { DATABASE_URL: url }, concurrency: 'parallel' }],
      mcp: {},
      harpoon: {},
      capture: {},
    });
    const hidden = new KeptSecrets().hide({ text: `env: { DATABASE_URL: ${url} }`, profile });
    expect(JSON.stringify(hidden)).not.toContain('hunter22');
  });

  it('are put back into what the form sends', () => {
    const kept = new KeptSecrets();
    const profile = profileSchema.parse({
      id: 'p',
      name: 'p',
      controlPlane: { tunnelId: `tunnel_${'a'.repeat(32)}`, apiKey: 'sk-literal-0123456789' },
      channels: [],
      mcp: {},
      harpoon: {},
      capture: {},
    });
    const hidden = kept.hide({ text, profile });
    expect(JSON.stringify(hidden)).not.toContain('sk-literal');
    expect(kept.restore(hidden.profile).controlPlane.apiKey).toBe('sk-literal-0123456789');
    expect(kept.restore(hidden.text)).toBe(text);
  });
});
