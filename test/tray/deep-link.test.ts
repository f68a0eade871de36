import { describe, expect, it } from 'vitest';
import { deepLinkIn, parseDeepLink } from '../../src-main/desktop/deep-link.ts';

const id = `tunnel_${'0'.repeat(32)}`;

describe('deep links', () => {
  it('lead to pages and to the wizard', () => {
    expect(parseDeepLink('culvert://traces')).toEqual({ page: 'traces' });
    expect(parseDeepLink(`culvert://connect?tunnel=${id}`)).toEqual({ page: 'wizard', tunnelId: id });
    expect(deepLinkIn(['/usr/bin/culvert', '--hidden', 'culvert://settings/'])).toEqual({ page: 'settings' });
  });

  it.each([
    'https://traces',
    'culvert://run',
    'culvert://traces/../../x',
    'culvert://user@traces',
    'culvert://traces:1',
    'culvert://connect?tunnel=tunnel_1;rm',
    `culvert://connect?tunnel=${'a'.repeat(600)}`,
    'culvert:',
  ])('%s is refused', (text) => {
    expect(parseDeepLink(text)).toBeUndefined();
  });
});
