import { useEffect, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import type { Candidate } from '../../shared/draft.ts';
import { call } from '../api.ts';
import { t } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';

const words = t.wizard.server;

/** Servers that other apps on this machine have set up. Choosing one only fills in the form: nothing runs. */
export function CandidateList({ onChoose }: { readonly onChoose: (candidate: Candidate) => Promise<void> }) {
  const [found, setFound] = useState<readonly Candidate[]>();
  useEffect(() => {
    let live = true;
    void call('candidates.list').then((reply) => live && setFound(reply.ok ? reply.value : []));
    return () => {
      live = false;
    };
  }, []);
  if (!found)
    return (
      <p className="row-gap muted">
        <span className="spinner" /> {words.searching}
      </p>
    );
  if (found.length === 0) return <p className="muted">{words.none}</p>;
  return (
    <ul className="candidates" aria-label={words.found}>
      {found.map((candidate) => (
        <li key={candidate.id}>
          <AriaButton onPress={() => void onChoose(candidate)}>
            <Icon name={candidate.kind === 'stdio' ? 'terminal' : 'globe'} thin />
            <span className="grow">
              <b className="clip">{candidate.name}</b>
              <code className="clip">{candidate.target}</code>
            </span>
            <span className="faint small">{words.sources[candidate.source]}</span>
            <Icon name="right" />
          </AriaButton>
        </li>
      ))}
    </ul>
  );
}
