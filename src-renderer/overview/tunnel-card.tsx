import { useEffect, useRef, useState } from 'react';
import type { TunnelView } from '../../shared/app.ts';
import { run } from '../api.ts';
import { useNow } from '../now.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Switch } from '../ui/switch.tsx';
import { Chip } from '../ui/tone.tsx';
import { FaultNote } from './fault-note.tsx';
import { lookOf } from './look.ts';
import { NetworkNotes } from './network-notes.tsx';
import { Pipe } from './pipe.tsx';
import { sayOf } from './say.ts';
import { startTunnel } from './start.tsx';
import { Stats } from './stats.tsx';
import { TunnelMenu } from './tunnel-menu.tsx';

/** One tunnel: its state and why, the way of its calls, what is wrong and what to do, and its last hour. */
export function TunnelCard({ view, isAim }: { readonly view: TunnelView; readonly isAim: boolean }) {
  const now = useNow();
  const { id, snapshot } = view;
  const look = lookOf(view);
  const startsWithApp = useApp((app) => app.profiles.some((profile) => profile.id === id && profile.startWithApp));
  const [wanted, setWanted] = useState<boolean>();
  const card = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isAim) card.current?.scrollIntoView({ block: 'center' });
  }, [isAim]);
  const turn = async (on: boolean): Promise<void> => {
    // Not disabled meanwhile: that would take the keyboard's focus away.
    if (wanted !== undefined) return;
    setWanted(on);
    await (on ? startTunnel(id) : run('tunnels.stop', { id }));
    setWanted(undefined);
  };
  const running = snapshot.state.kind !== 'stopped';
  return (
    <li ref={card} className={`card tunnel${isAim ? ' aim' : ''}`} aria-label={snapshot.name}>
      <div className="top">
        <h2 className="clip" title={snapshot.name}>
          {snapshot.name}
        </h2>
        <Chip tone={look.tone}>{look.word}</Chip>
        <span className="say clip">{sayOf(view, startsWithApp, now)}</span>
        <TunnelMenu view={view} />
        <Switch
          aria-label={t.overview.switchLabel(snapshot.name)}
          isSelected={wanted ?? look.on}
          onChange={(on) => void turn(on)}
        />
      </div>
      {(snapshot.title !== undefined && snapshot.title !== snapshot.name) || snapshot.description !== undefined ? (
        <p className="about clip">{[snapshot.title, snapshot.description].filter(Boolean).join(' · ')}</p>
      ) : null}
      {running && <Pipe view={view} now={now} />}
      <FaultNote view={view} now={now} />
      {running && <NetworkNotes snapshot={snapshot} told={view.verdict.error} now={now} />}
      {(running || view.rates.calls > 0) && <Stats rates={view.rates} />}
    </li>
  );
}
