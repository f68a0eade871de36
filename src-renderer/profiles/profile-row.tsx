import type { ProfileSummary } from '../../shared/app.ts';
import { describe } from '../../shared/messages.ts';
import { lookOf } from '../overview/look.ts';
import { hrefOf } from '../route.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';
import { Chip } from '../ui/tone.tsx';
import { ProfileMenu } from './profile-menu.tsx';

const words = t.profiles;

/** A profile by its name, what it connects, and how it stands. */
export function ProfileRow({ profile }: { readonly profile: ProfileSummary }) {
  const { id, name, file, format, channels, startsWithApp, problem } = {
    ...profile,
    startsWithApp: profile.startWithApp,
  };
  const view = useApp((app) => app.tunnels.find((tunnel) => tunnel.id === id));
  const look = view && lookOf(view);
  const targets = channels.map((channel) => channel.target);
  const about = [words.formats[format], startsWithApp ? words.startsWithApp : undefined].filter(Boolean).join(', ');
  return (
    <li className="row profile-row">
      <a href={hrefOf({ page: 'profiles', item: id })} className="profile-link">
        <span className="profile-name">
          <b className="row-name clip">{name}</b>
          {problem ? (
            <Chip tone="fault">{describe(problem).title}</Chip>
          ) : (
            look && <Chip tone={look.tone}>{look.word}</Chip>
          )}
        </span>
        <code className="clip">{targets.length === 0 ? words.noServer : targets.join('  ·  ')}</code>
        <span className="faint small clip" title={file}>
          {about} · {file}
        </span>
      </a>
      <ProfileMenu profile={profile} />
      <Icon name="right" />
    </li>
  );
}
