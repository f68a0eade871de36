import { useState } from 'react';
import type { TunnelErrorData } from '../../shared/errors.ts';
import type { ManagedTunnel, NewTunnel, TunnelScope } from '../../shared/managed-tunnel.ts';
import { t } from '../strings.ts';
import { Field } from '../ui/field.tsx';
import { RefusedCall } from './admin-key-field.tsx';
import { idsIn, twiceIn } from './tunnel-words.ts';
import type { TunnelsHandle } from './use-tunnels.ts';

const words = t.tunnels.form;

interface Typed {
  readonly name: string;
  readonly description: string;
  readonly organizations: string;
  readonly workspaces: string;
  readonly tenants: string;
}

export interface TunnelForm {
  readonly typed: Typed;
  readonly set: (change: Partial<Typed>) => void;
  readonly fields: NewTunnel;
  /** A first try was made: from here on what is missing is said. */
  readonly tried: boolean;
  /** It cannot be sent: something is missing, and that was said, or it is on its way. */
  readonly blocked: boolean;
  readonly error: TunnelErrorData | undefined;
  /** Sends it unless something is missing; resolves with whether it was taken. */
  readonly send: (work: (fields: NewTunnel) => Promise<TunnelErrorData | undefined>) => Promise<boolean>;
}

const join = (ids: readonly string[]): string => ids.join(', ');

/** What a new tunnel starts with: the owner whose tunnels are being looked at. */
export const blankFor = (scope: TunnelScope | undefined, name = ''): NewTunnel => ({
  name,
  description: '',
  organizationIds: scope?.kind === 'organization' ? [scope.id] : [],
  workspaceIds: scope?.kind === 'workspace' ? [scope.id] : [],
  tenantIds: scope?.kind === 'tenant' ? [scope.id] : [],
});

export function useTunnelForm(start: NewTunnel | ManagedTunnel): TunnelForm {
  const [typed, setTyped] = useState<Typed>({
    name: start.name,
    description: start.description,
    organizations: join(start.organizationIds),
    workspaces: join(start.workspaceIds),
    tenants: join(start.tenantIds),
  });
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<TunnelErrorData>();
  const fields: NewTunnel = {
    name: typed.name.trim(),
    description: typed.description.trim(),
    organizationIds: idsIn(typed.organizations),
    workspaceIds: idsIn(typed.workspaces),
    tenantIds: idsIn(typed.tenants),
  };
  const lists = [fields.organizationIds, fields.workspaceIds, fields.tenantIds];
  const valid =
    fields.name !== '' &&
    fields.organizationIds.length + fields.workspaceIds.length > 0 &&
    lists.every((ids) => twiceIn(ids) === undefined);
  return {
    typed,
    fields,
    tried,
    blocked: busy || (tried && !valid),
    error,
    set: (change) => setTyped((before) => ({ ...before, ...change })),
    send: async (work) => {
      setTried(true);
      if (!valid || busy) return false;
      setBusy(true);
      setError(undefined);
      const refused = await work(fields);
      setBusy(false);
      setError(refused);
      return refused === undefined;
    },
  };
}

interface Props {
  readonly form: TunnelForm;
  readonly handle: TunnelsHandle;
  readonly onSubmit: () => Promise<void>;
}

/** Name, description and owners of a tunnel, new or not. What is typed stays when the control plane refuses it. */
export function TunnelFields({ form, handle, onSubmit }: Props) {
  const { typed, fields, tried, set, error } = form;
  const idProblem = (ids: readonly string[]): string | undefined => {
    const twice = twiceIn(ids);
    return twice === undefined ? undefined : words.twice(twice);
  };
  const noOwner = tried && fields.organizationIds.length + fields.workspaceIds.length === 0 ? words.noOwner : undefined;
  return (
    <>
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void onSubmit();
        }}
      >
        <Field
          label={words.name}
          hint={words.nameHint}
          error={tried && fields.name === '' ? words.noName : undefined}
          value={typed.name}
          onChange={(name) => set({ name })}
          autoFocus
        />
        <Field
          label={words.description}
          value={typed.description}
          onChange={(description) => set({ description })}
          rows={2}
        />
        <Field
          label={words.organizations}
          mono
          hint={words.idsHint}
          error={idProblem(fields.organizationIds) ?? noOwner}
          value={typed.organizations}
          onChange={(organizations) => set({ organizations })}
        />
        <Field
          label={words.workspaces}
          mono
          hint={words.workspacesHint}
          error={idProblem(fields.workspaceIds)}
          value={typed.workspaces}
          onChange={(workspaces) => set({ workspaces })}
        />
        <Field
          label={words.tenants}
          mono
          error={idProblem(fields.tenantIds)}
          value={typed.tenants}
          onChange={(tenants) => set({ tenants })}
        />
        {/* Enter in a field submits. */}
        <button type="submit" hidden />
      </form>
      <RefusedCall handle={handle} error={error} onGiven={onSubmit} />
    </>
  );
}
