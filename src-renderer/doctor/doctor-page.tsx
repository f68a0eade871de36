import { useState } from 'react';
import type { Check, DoctorRun } from '../../shared/doctor.ts';
import { run as ask } from '../api.ts';
import { copyText } from '../copy.ts';
import { useRoute } from '../route.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { Page } from '../ui/page.tsx';
import { Choice } from '../ui/select.tsx';
import { CheckSection } from './check-section.tsx';

const words = t.doctor;
const everything = '*';

function sayOf(run: DoctorRun | undefined): string {
  if (!run) return words.say.never;
  const finished = run.checks.filter(({ state }) => state !== 'pending' && state !== 'running');
  if (run.finishedAt === undefined) return words.say.running(finished.length, run.checks.length);
  if (run.cancelled) return words.say.cancelled;
  const of = (state: string): number => run.checks.filter((check) => check.state === state).length;
  const [bad, doubtful] = [of('fail'), of('warn')];
  const kind = bad > 0 ? (doubtful > 0 ? 'both' : 'bad') : doubtful > 0 ? 'doubtful' : 'all';
  return words.say.done(kind, bad, doubtful, bad + doubtful + of('pass'), of('skip'));
}

interface Section {
  readonly id: string;
  readonly name: string;
  readonly checks: Check[];
}

/** The machine first, then each profile, as the run has them. */
function sectionsOf(run: DoctorRun | undefined, names: ReadonlyMap<string, string>): readonly Section[] {
  const sections = new Map<string, Section>();
  for (const check of run?.checks ?? []) {
    const { profile: id = '' } = check;
    const section = sections.get(id) ?? { id, name: id === '' ? words.machine : (names.get(id) ?? id), checks: [] };
    section.checks.push(check);
    sections.set(id, section);
  }
  return [...sections.values()];
}

/** Proves each layer in turn, and says what it saw, why that matters and what to do. */
export function DoctorPage() {
  const { item } = useRoute();
  const run = useApp((app) => app.doctor);
  const profiles = useApp((app) => app.profiles);
  const [scope, setScope] = useState(item ?? everything);
  const [asking, setAsking] = useState(false);
  const [known, setKnown] = useState(item);
  if (item !== known) {
    setKnown(item);
    setScope(item ?? everything);
  }
  const sections = sectionsOf(run, new Map(profiles.map(({ id, name }) => [id, name])));
  const running = asking || (run !== undefined && run.finishedAt === undefined);
  const start = async (): Promise<void> => {
    setAsking(true);
    await ask('doctor.run', scope === everything ? {} : { profile: scope });
    setAsking(false);
  };
  const copyReport = async (): Promise<void> => {
    const report = await ask('doctor.report');
    if (report) await copyText(report.text);
  };
  return (
    <Page
      title={t.pages.doctor}
      say={<span role="status">{sayOf(run)}</span>}
      actions={
        <>
          {run && !running && (
            <Button kind="quiet" icon="copy" onPress={() => void copyReport()}>
              {words.copy}
            </Button>
          )}
          {profiles.length > 1 && (
            <Choice
              label={words.scope}
              value={scope}
              onChange={setScope}
              options={[[everything, words.everything], ...profiles.map(({ id, name }) => [id, name] as const)]}
            />
          )}
          {running ? (
            <Button key="stop" onPress={() => void ask('doctor.cancel')}>
              {words.stop}
            </Button>
          ) : (
            // another button, not the same with other words: a press on its way to the one must not hit the other
            <Button key="run" kind="primary" icon="doctor" onPress={() => void start()}>
              {run ? words.runAgain : words.run}
            </Button>
          )}
        </>
      }
    >
      {run ? (
        sections.map(({ id, name, checks }) => (
          <CheckSection
            key={`${run.id} ${id}`}
            name={name}
            checks={checks}
            run={run.id}
            open={sections.length < 3}
            severalChannels={new Set(checks.flatMap(({ channel }) => channel ?? [])).size > 1}
          />
        ))
      ) : (
        <div className="card">
          <Empty
            icon="doctor"
            title={words.empty.title}
            actions={
              <Button kind="primary" isDisabled={running} onPress={() => void start()}>
                {words.run}
              </Button>
            }
          >
            {words.empty.say}
          </Empty>
        </div>
      )}
    </Page>
  );
}
