import { useEffect, useRef, useState } from 'react';
import type { TunnelErrorData } from '../../shared/errors.ts';
import type { Evidence } from '../../shared/evidence.ts';
import { call } from '../api.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Proofs } from '../ui/proofs.tsx';

const words = t.profiles.form;

type Outcome = { readonly evidence: readonly Evidence[] } | { readonly error: TunnelErrorData };

interface Props {
  readonly id: string;
  /** As it stands in the editor, saved or not. */
  readonly text: string;
  /** The server whose route it is; without one, the control plane. */
  readonly channel?: string;
}

/** One connection the way the profile says, and how far it got. What it showed is of the text it was made with. */
export function RouteTest({ id, text, channel }: Props) {
  const [running, setRunning] = useState(false);
  const [shown, setShown] = useState<{ readonly of: string; readonly outcome: Outcome }>();
  const latest = useRef(0);
  const result = useRef<HTMLDivElement>(null);
  const outcome = shown?.of === text ? shown.outcome : undefined;
  // the button is often the last thing in sight of a form that scrolls
  useEffect(() => {
    if (shown) result.current?.scrollIntoView({ block: 'nearest' });
  }, [shown]);
  const test = async (): Promise<void> => {
    const mine = ++latest.current;
    setRunning(true);
    setShown(undefined);
    const reply = await call(
      'profiles.testRoute',
      channel === undefined ? { id, text, purpose: 'control-plane' } : { id, text, purpose: 'mcp', channel },
    );
    if (mine !== latest.current) return;
    setRunning(false);
    setShown({ of: text, outcome: reply.ok ? { evidence: reply.value.evidence } : { error: reply.error } });
  };
  return (
    <div className="stack" ref={result}>
      <div>
        <Button icon={outcome ? 'retry' : 'play'} isDisabled={running} onPress={() => void test()}>
          {outcome ? words.testAgain : words.testRoute}
        </Button>
      </div>
      <Proofs
        evidence={outcome && 'evidence' in outcome ? outcome.evidence : []}
        running={running}
        error={outcome && 'error' in outcome ? outcome.error : undefined}
      />
    </div>
  );
}
