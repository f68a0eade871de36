import { failed, passed, type SubjectCheck } from '../check.ts';

export const source: SubjectCheck = {
  scope: 'subject',
  id: 'source',
  title: 'Configuration',
  why: 'Everything else is read from it: which file counts, and that it says what a tunnel needs.',
  run: ({ subject: { file, profile, error } }) =>
    Promise.resolve({
      evidence: [
        error
          ? failed('config.parsed', error)
          : passed('config.parsed', 'app', {
              source: file ?? 'flags and environment variables',
              ...(profile === undefined
                ? {}
                : { tunnelId: profile.controlPlane.tunnelId, channels: profile.channels.map(({ name }) => name) }),
            }),
      ],
    }),
};
