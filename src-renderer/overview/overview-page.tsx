import { useRoute, go } from '../route.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';
import { FirstWindow } from './first-window.tsx';
import { IdleCard } from './idle-card.tsx';
import { countNeeding, idleProfiles, lookOf, works } from './look.ts';
import { TunnelCard } from './tunnel-card.tsx';

const words = t.overview;

function summaryOf(up: number, needs: number, waiting: number, all: number): string {
  if (needs > 0) return words.summary(up, 'needs', needs);
  if (waiting > 0) return words.summary(up, 'waits', waiting);
  if (up === 0) return words.allOff(all);
  return up === all ? words.summary(up, 'none', 0) : words.summary(up, 'off', all - up);
}

export function OverviewPage() {
  const all = useApp((app) => app.tunnels);
  const profiles = useApp((app) => app.profiles);
  const hasDoctor = useApp((app) => app.capabilities.doctor);
  const { item } = useRoute();
  const tunnels = all.filter(({ draft }) => !draft);
  const idle = idleProfiles(profiles, all);
  if (tunnels.length + idle.length === 0) return <FirstWindow />;
  const looks = tunnels.map(lookOf);
  const needs = countNeeding(profiles, all);
  const up = looks.filter(works).length;
  const waiting = looks.filter((look) => look.on && !look.up && look.tone !== 'fault').length;
  return (
    <Page
      title={t.pages.overview}
      say={summaryOf(up, needs, waiting, tunnels.length + idle.length)}
      actions={
        <>
          {hasDoctor && <Button onPress={() => go('doctor')}>{words.runDoctor}</Button>}
          <Button kind="primary" onPress={() => go('wizard')}>
            {words.newTunnel}
          </Button>
        </>
      }
    >
      <ul className="tunnels">
        {tunnels.map((view) => (
          <TunnelCard key={view.id} view={view} isAim={view.id === item} />
        ))}
        {idle.map((profile) => (
          <IdleCard key={profile.id} profile={profile} isAim={profile.id === item} />
        ))}
      </ul>
    </Page>
  );
}
