import { useState, type ReactNode } from 'react';
import type { TunnelView } from '../../shared/app.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import { quoteFilter } from '../../shared/trace-filter.ts';
import { describeVerdict } from '../../shared/verdict-words.ts';
import { run } from '../api.ts';
import { until } from '../format.ts';
import { go } from '../route.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Prose } from '../ui/prose.tsx';
import { Note } from '../ui/tone.tsx';
import { ConsentDialog } from './consent-dialog.tsx';
import { NewKey } from './new-key.tsx';
import { OutputDialog } from './output-dialog.tsx';

const words = t.overview;

const keyCodes: ReadonlySet<ErrorCode> = new Set([
  'unauthorized',
  'forbidden',
  'key_missing',
  'key_is_admin',
  'keychain_missing',
]);
const configCodes: ReadonlySet<ErrorCode> = new Set([
  'config_invalid',
  'config_unreadable',
  'tunnel_id_invalid',
  'tunnel_not_found',
  'command_not_found',
  'command_not_executable',
  'folder_missing',
  'ca_invalid',
  'client_certificate_invalid',
  'proxy_invalid',
  'header_invalid',
  'secret_env_missing',
  'secret_file_unreadable',
  'secret_empty',
]);

function Retry({ view }: { readonly view: TunnelView }) {
  if (view.snapshot.state.kind === 'stopped') return null;
  return (
    <Button kind="quiet" icon="retry" onPress={() => void run('tunnels.retry', { id: view.id })}>
      {words.actions.retry}
    </Button>
  );
}

/** Who is at fault, with the evidence, and what to do about it. */
export function FaultNote({ view, now }: { readonly view: TunnelView; readonly now: number }) {
  const { id, verdict, snapshot } = view;
  const [dialog, setDialog] = useState<'output' | 'consent'>();
  const hasDoctor = useApp((app) => app.capabilities.doctor);
  const hasProfile = useApp((app) => app.profiles.some((profile) => profile.id === id));
  if (verdict.reason === 'nothing-arrived') {
    const { cause, next } = describeVerdict(verdict);
    return (
      <Note tone="idle" title={cause}>
        <Prose text={next} />
      </Note>
    );
  }
  if (verdict.reason === 'no-answer-yet' || verdict.reason === 'calls-fail') {
    const { title, cause, next } = describeVerdict(verdict);
    return (
      <Note
        tone="warn"
        title={`${title}.`}
        actions={
          <>
            <Button onPress={() => go('traces', `tunnel:${quoteFilter(snapshot.name)}`)}>{words.actions.traces}</Button>
            {verdict.error && hasDoctor && <Button onPress={() => go('doctor', id)}>{words.actions.doctor}</Button>}
          </>
        }
      >
        <Prose text={`${cause} ${next}`} />
      </Note>
    );
  }
  if (verdict.reason !== 'fault' || !verdict.error) return null;
  const { code } = verdict.error;
  const { title: problem, cause, next } = describeVerdict(verdict);
  const channel = snapshot.channels.find(({ name }) => name === verdict.channel);
  const ended = channel?.state.kind === 'crash-loop' || channel?.state.kind === 'restarting';
  const waits = snapshot.state.kind === 'waiting';
  let act: ReactNode = hasDoctor && <Button onPress={() => go('doctor', id)}>{words.actions.doctor}</Button>;
  if (ended) act = <Button onPress={() => setDialog('output')}>{words.actions.output}</Button>;
  else if (code === 'command_not_approved')
    act = <Button onPress={() => setDialog('consent')}>{words.actions.review}</Button>;
  else if (waits) act = <Button onPress={() => void run('tunnels.stop', { id })}>{words.actions.stop}</Button>;
  else if (configCodes.has(code) && hasProfile)
    act = <Button onPress={() => go('profiles', id)}>{words.actions.editProfile}</Button>;
  else if (keyCodes.has(code)) act = null;
  const nextTry = verdict.nextTryAt;
  return (
    <>
      <Note
        tone={waits || channel?.state.kind === 'restarting' ? 'warn' : 'fault'}
        title={
          code === 'tunnel_not_found'
            ? `${problem}.`
            : words.layerAtFault[
                verdict.layer === 'mcp-server' && code.startsWith('proxy_') ? 'way-to-server' : verdict.layer
              ]
        }
        actions={
          <>
            {code !== 'command_not_approved' && <Retry view={view} />}
            {act}
          </>
        }
      >
        <Prose text={`${cause} ${next}`} />
        {nextTry !== undefined && ` ${nextTry > now ? words.say.nextTry(until(nextTry, now)) : words.say.tryingNow}`}
      </Note>
      {keyCodes.has(code) && <NewKey id={id} />}
      {channel && ended && dialog === 'output' && (
        <OutputDialog channel={channel} onClose={() => setDialog(undefined)} />
      )}
      {dialog === 'consent' && (
        <ConsentDialog id={id} channel={verdict.channel ?? 'main'} onClose={() => setDialog(undefined)} />
      )}
    </>
  );
}
