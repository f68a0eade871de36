import { wireProtocolVersion } from '../../control-plane/request-headers.ts';
import { passed, skipped, type ProfileCheck } from '../check.ts';

export const wire: ProfileCheck = {
  scope: 'profile',
  id: 'wire',
  title: 'Version of the wire protocol',
  why: 'A service that no longer knows this version would refuse the poll.',
  after: ['source', 'key-use'],
  run: ({ way }) =>
    Promise.resolve({
      evidence: [
        way.pollAccepted
          ? passed('wire.version', 'control-plane', { version: wireProtocolVersion })
          : skipped('wire.version', 'control-plane', 'No poll of this process has been accepted.'),
      ],
    }),
};
