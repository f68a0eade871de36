import { useEffect, useState } from 'react';
import type { CommandDescription, DraftServer } from '../../shared/draft.ts';
import { call, run } from '../api.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { CommandFacts } from '../ui/command-facts.tsx';
import { EnvEditor } from '../ui/env-editor.tsx';
import { Field, OptionalField } from '../ui/field.tsx';
import { fieldsOf } from '../ui/fields-of.ts';
import type { DraftHandle } from './use-draft.ts';
import type { Proving } from './use-server-probes.ts';

const words = t.wizard.server;
const consent = t.overview.consent;

interface Props {
  readonly handle: DraftHandle;
  readonly id: string;
  readonly server: Extract<DraftServer, { kind: 'stdio' }>;
  readonly probe: Proving;
  readonly onChange: (server: DraftServer) => void;
  readonly onRun: () => Promise<void>;
}

/** A command: shown as it will run, agreed to, then run and asked for its tools. */
export function CommandServer({ handle, id, server, probe, onChange, onRun }: Props) {
  const { version } = handle;
  const { key } = server;
  const hasFiles = useApp((app) => app.capabilities.files);
  const [command, setCommand] = useState<CommandDescription>();
  const of = fieldsOf(server, onChange);
  const isEmpty = server.command.trim() === '';
  useEffect(() => {
    if (isEmpty) return;
    let live = true;
    void call('drafts.describe', { id, key }).then((reply) => live && setCommand(reply.ok ? reply.value : undefined));
    return () => {
      live = false;
    };
  }, [id, key, version, isEmpty]);
  const agree = async (hash: string): Promise<void> => {
    await handle.flush();
    const reply = await call('drafts.approve', { id, key, hash });
    if (!reply.ok) return;
    await onRun();
  };
  const chooseFolder = async (): Promise<void> => {
    const cwd = await run('system.chooseFolder');
    if (cwd !== undefined) onChange({ ...server, cwd });
  };
  const shown = isEmpty ? undefined : command;
  return (
    <>
      <Field
        label={words.command}
        mono
        placeholder={words.commandPlaceholder}
        hint={words.commandHint}
        {...of('command')}
      />
      <div className="with-button">
        <OptionalField label={words.folder} mono placeholder={words.folderPlaceholder} {...of('cwd')} />
        {hasFiles && <Button onPress={() => void chooseFolder()}>{words.choose}</Button>}
      </div>
      <EnvEditor
        owner={id}
        channel={server.channel}
        entries={server.env}
        onChange={(env) => onChange({ ...server, env })}
      />
      {shown && (
        <>
          <CommandFacts command={shown} />
          <div className="ask">
            <p className="muted">
              {shown.changed && <b>{consent.changed} </b>}
              {consent.say}
            </p>
            <Button
              isDisabled={probe.running || shown.error !== undefined}
              {...(probe.evidence.length > 0 ? { icon: 'retry' as const } : { icon: 'play' as const })}
              onPress={() => void agree(shown.hash)}
            >
              {probe.evidence.length > 0 ? words.runAgain : consent.run}
            </Button>
          </div>
        </>
      )}
    </>
  );
}
