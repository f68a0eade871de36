import { useState } from 'react';
import type { TunnelErrorData } from '../../shared/errors.ts';
import { describe } from '../../shared/messages.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Refusal } from '../ui/refusal.tsx';
import { isAboutKey } from './tunnel-words.ts';
import type { TunnelsHandle } from './use-tunnels.ts';

const words = t.tunnels.access;

interface FieldProps {
  readonly handle: TunnelsHandle;
  readonly error: TunnelErrorData | undefined;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** What is typed here goes to main and never comes back. */
export function AdminKeyField({ handle, error, value, onChange }: FieldProps) {
  const hasKeychain = useApp((app) => app.capabilities.keychain.backend !== 'none');
  const kept = handle.key?.kept ?? 'none';
  const inMemory = kept === 'memory' || (kept === 'none' && !hasKeychain);
  const problem = error && isAboutKey(error) && error.code !== 'admin_key_missing' ? describe(error) : undefined;
  // which is what this field is for
  const isNextToGiveOne = error?.code === 'admin_key_refused';
  return (
    <Field
      label={words.key}
      mono
      type="password"
      placeholder={kept === 'none' ? words.keyPlaceholder : words.keyKept}
      hint={inMemory ? words.keyHintMemory : words.keyHint}
      error={problem && `${problem.title}. ${problem.cause}${isNextToGiveOne ? '' : ` ${problem.next}`}`}
      value={value}
      onChange={onChange}
    />
  );
}

interface AskProps {
  readonly handle: TunnelsHandle;
  readonly error: TunnelErrorData | undefined;
  /** A new key is in place: what was refused is tried again. */
  readonly onGiven: () => Promise<void>;
}

/** In the midst of something else: the key alone is asked for again, and all that was typed stays. */
function AskForKey({ handle, error, onGiven }: AskProps) {
  const [typed, setTyped] = useState('');
  const [refused, setRefused] = useState<TunnelErrorData>();
  const use = async (): Promise<void> => {
    const problem = await handle.giveKey(typed);
    setRefused(problem);
    if (problem) return;
    setTyped('');
    await onGiven();
  };
  return (
    <div className="with-button">
      <AdminKeyField handle={handle} error={refused ?? error} value={typed} onChange={setTyped} />
      <Button isDisabled={typed.trim() === ''} onPress={() => void use()}>
        {words.useKey}
      </Button>
    </div>
  );
}

/** Why the control plane did not do it; where the key is why, with the field for another one. */
export function RefusedCall(props: AskProps) {
  return isAboutKey(props.error) ? <AskForKey {...props} /> : <Refusal error={props.error} />;
}
