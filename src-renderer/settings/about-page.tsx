import { useEffect, useMemo, useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import type { CallResult } from '../../shared/ipc.ts';
import { run } from '../api.ts';
import { Facts } from '../overview/node-facts.tsx';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { ExternalLink } from '../ui/external-link.tsx';
import { Arch, Icon } from '../ui/icon.tsx';
import { Page } from '../ui/page.tsx';
import { Search } from '../ui/search.tsx';

const words = t.settings;
const versionNames = ['app', 'wireProtocol', 'node', 'electron', 'chrome'] as const;

type Licences = CallResult<'app.about'>['licences'];

function LicenceList({ licences }: { readonly licences: Licences }) {
  const [filter, setFilter] = useState('');
  const wanted = filter.toLowerCase();
  const shown = useMemo(
    () => licences.filter(({ name, licence }) => `${name} ${licence}`.toLowerCase().includes(wanted)),
    [licences, wanted],
  );
  return (
    <>
      <Search label={words.licencesFilter} placeholder={words.licencesFilter} value={filter} onChange={setFilter} />
      <ul className="list framed licences">
        {shown.map(({ name, version, licence, text }) => (
          <li key={`${name} ${version}`}>
            <Disclosure>
              <Heading level={3}>
                <AriaButton slot="trigger" className="row-press unfolds">
                  <b>{name}</b>
                  <span className="faint num">{version}</span>
                  <span className="grow" />
                  <span className="muted">{licence}</span>
                  <Icon name="down" />
                </AriaButton>
              </Heading>
              <DisclosurePanel>
                <pre className="well output">{text}</pre>
              </DisclosurePanel>
            </Disclosure>
          </li>
        ))}
      </ul>
    </>
  );
}

export function AboutPage() {
  const versions = useApp((app) => app.versions);
  const [licences, setLicences] = useState<Licences>();
  useEffect(() => {
    let live = true;
    void run('app.about').then((about) => live && setLicences(about?.licences ?? []));
    return () => {
      live = false;
    };
  }, []);
  return (
    <Page title={t.pages.about}>
      <div className="card about-page">
        <div className="about-head">
          <Arch />
          <span>
            <b>{t.product}</b>
            <span className="muted block">{words.aboutIs}</span>
          </span>
        </div>
        <Facts
          facts={versionNames.map((name) => {
            const version = versions[name];
            return version === undefined ? undefined : [words.versions[name], version];
          })}
        />
        <div className="row-gap">
          <ExternalLink link="tunnel-guide">{words.links.guide}</ExternalLink>
          <ExternalLink link="status">{words.links.status}</ExternalLink>
        </div>
        {licences?.length !== 0 && (
          <section className="stack">
            <h2>{words.licences}</h2>
            {licences ? <LicenceList licences={licences} /> : <span className="spinner" />}
          </section>
        )}
      </div>
    </Page>
  );
}
