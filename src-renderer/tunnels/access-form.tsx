import { useState, type ReactNode } from 'react';
import type { TunnelScope } from '../../shared/managed-tunnel.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/choice.tsx';
import { ExternalLink } from '../ui/external-link.tsx';
import { Field } from '../ui/field.tsx';
import { Refusal } from '../ui/refusal.tsx';
import { AdminKeyField } from './admin-key-field.tsx';
import { isAboutKey } from './tunnel-words.ts';
import type { TunnelsHandle } from './use-tunnels.ts';

const words = t.tunnels.access;

interface Props {
  readonly handle: TunnelsHandle;
  /** Where another control plane is named, on the page alone. */
  readonly before?: ReactNode;
  /** What is typed there is what `handle` is about. */
  readonly settled?: boolean;
  readonly onOpened?: () => void;
  readonly onCancel?: (() => void) | undefined;
}

/** The key that is needed and the owner whose tunnels are to be shown; a refused key leaves the rest as it was typed. */
export function AccessForm({ handle, before, settled = true, onOpened, onCancel }: Props) {
  const { key, error, loading } = handle;
  const [typed, setTyped] = useState('');
  const [kind, setKind] = useState<TunnelScope['kind']>('organization');
  const [id, setId] = useState('');
  const [origin, setOrigin] = useState<string>();
  if (key && key.origin !== origin) {
    // another control plane has another key and other owners
    setOrigin(key.origin);
    setTyped('');
    setKind(handle.scope?.kind ?? 'organization');
    setId(handle.scope?.id ?? '');
  }
  const hasKey = typed.trim() !== '' || (key !== undefined && key.kept !== 'none');
  const ready = hasKey && id.trim() !== '' && key !== undefined && !loading && settled;
  const open = async (): Promise<void> => {
    if (!(await handle.open(typed.trim(), { kind, id: id.trim() }))) return;
    setTyped('');
    onOpened?.();
  };
  return (
    <form
      className="stack"
      // what is wrong is said beside the field; the browser would not even let it be tried again
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void open();
      }}
    >
      <p className="muted">{words.say}</p>
      {before}
      <AdminKeyField handle={handle} error={error} value={typed} onChange={setTyped} />
      <Segments
        label={words.owner}
        showLabel
        value={kind}
        onChange={setKind}
        options={[
          ['organization', words.kinds.organization],
          ['workspace', words.kinds.workspace],
          ['tenant', words.kinds.tenant],
        ]}
      />
      <Field label={words.id[kind]} mono hint={words.idHint} value={id} onChange={setId} />
      {!isAboutKey(error) && <Refusal error={error} />}
      <div className="row-gap">
        <ExternalLink link="admin-keys">{words.openKeys}</ExternalLink>
        <span className="grow" />
        {loading && <span className="spinner" />}
        {onCancel && <Button onPress={onCancel}>{t.cancel}</Button>}
        <Button type="submit" kind="primary" isDisabled={!ready}>
          {words.show}
        </Button>
      </div>
    </form>
  );
}
