import { count } from '../format.ts';
import { countNeeding, idleProfiles, lookOf, works } from '../overview/look.ts';
import { hrefOf, pages, useRoute, type Page } from '../route.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Arch, Icon } from '../ui/icon.tsx';
import { modifier } from './shortcuts.ts';

const homes: Readonly<Partial<Record<Page, Page>>> = { wizard: 'profiles', tunnels: 'profiles', about: 'settings' };

function Badge({ page }: { readonly page: Page }) {
  const traces = useApp((app) => app.traces.count);
  const failed = useApp((app) => app.doctor?.checks.filter(({ state }) => state === 'fail').length ?? 0);
  const needing = useApp((app) => countNeeding(app.profiles, app.tunnels));
  if (page === 'traces' && traces > 0) return <span className="count">{count(traces)}</span>;
  if (page === 'doctor' && failed > 0)
    return (
      <span className="count bad">
        <span aria-hidden="true">{count(failed)}</span>
        <span className="visually-hidden"> {t.findings(failed)}</span>
      </span>
    );
  if (page === 'overview' && needing > 0)
    return (
      <span className="count bad">
        <span aria-hidden="true">{count(needing)}</span>
        <span className="visually-hidden"> {t.needYou(needing)}</span>
      </span>
    );
  return null;
}

export function Sidebar({ onPalette }: { readonly onPalette: () => void }) {
  const { page } = useRoute();
  const current = homes[page] ?? page;
  const hasDoctor = useApp((app) => app.capabilities.doctor);
  const all = useApp(
    (app) => app.tunnels.filter(({ draft }) => !draft).length + idleProfiles(app.profiles, app.tunnels).length,
  );
  const up = useApp((app) => app.tunnels.filter((view) => !view.draft && works(lookOf(view))).length);
  return (
    <div className="side">
      <div className="brand">
        <Arch />
        <span>{t.product}</span>
      </div>
      <nav aria-label={t.nav}>
        {pages.map((each, index) =>
          each === 'doctor' && !hasDoctor ? null : (
            <a
              key={each}
              className="nav"
              href={hrefOf({ page: each })}
              aria-current={each === current ? 'page' : undefined}
              title={t.pages[each]}
            >
              <Icon name={each} thin />
              <span className="name">{t.pages[each]}</span>
              <Badge page={each} />
              <kbd aria-hidden="true">
                {modifier} {index + 1}
              </kbd>
            </a>
          ),
        )}
      </nav>
      <div className="foot">
        <span className="name">{t.tunnelsUp(up, all)}</span>
        <Button kind="quiet" aria-label={t.palette.title} onPress={onPalette}>
          <kbd>{modifier} K</kbd>
        </Button>
      </div>
    </div>
  );
}
