import { useEffect, useRef, useState } from 'react';
import type { ProfileSummary } from '../../shared/app.ts';
import { describe } from '../../shared/messages.ts';
import { go } from '../route.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { MoreMenu } from '../ui/menu.tsx';
import { Switch } from '../ui/switch.tsx';
import { Chip } from '../ui/tone.tsx';
import { startTunnel } from './start.tsx';

const words = t.overview;

/** A profile that was not switched on since Culvert started. */
export function IdleCard({ profile, isAim }: { readonly profile: ProfileSummary; readonly isAim: boolean }) {
  const { id, name, startWithApp, problem = profile.notStarted } = profile;
  const hasDoctor = useApp((app) => app.capabilities.doctor);
  const [starting, setStarting] = useState(false);
  const card = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isAim) card.current?.scrollIntoView({ block: 'center' });
  }, [isAim]);
  const start = async (): Promise<void> => {
    if (starting) return;
    setStarting(true);
    await startTunnel(id);
    setStarting(false);
  };
  const off = startWithApp ? `${words.say.stopped}, ${words.say.startsWithApp}` : words.say.stopped;
  return (
    <li ref={card} className={`card tunnel${isAim ? ' aim' : ''}`} aria-label={name}>
      <div className="top">
        <h2 className="clip">{name}</h2>
        {problem ? <Chip tone="fault">{words.states.attention}</Chip> : <Chip tone="idle">{words.states.stopped}</Chip>}
        <span className="say clip">{problem ? describe(problem).title : off}</span>
        <MoreMenu
          label={t.more(name)}
          entries={[
            { label: words.actions.editProfile, icon: 'profiles', onAction: () => go('profiles', id) },
            hasDoctor ? { label: words.actions.doctor, icon: 'doctor', onAction: () => go('doctor', id) } : undefined,
          ]}
        />
        <Switch aria-label={words.switchLabel(name)} isSelected={starting} onChange={() => void start()} />
      </div>
    </li>
  );
}
