import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isProfileName, profileNameFrom } from '../../shared/profile-name.ts';

test('what a tunnel or a server is called becomes a name that a profile may have', () => {
  expect(profileNameFrom('CRM of the Lyon office')).toBe('CRM-of-the-Lyon-office');
  expect(profileNameFrom('  Büro Köln: Verträge (neu)')).toBe('Buro-Koln-Vertrage-neu');
  expect(profileNameFrom('crm_2.0')).toBe('crm_2.0');
  expect(profileNameFrom('東京')).toBe('');
});

test('whatever it is made of, it is a profile name or nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      const name = profileNameFrom(text);
      expect(name === '' || isProfileName(name)).toBe(true);
      expect(profileNameFrom(name)).toBe(name);
    }),
  );
});
