import type { DraftServer } from '../../shared/draft.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { EnvEditor } from '../ui/env-editor.tsx';
import { Field } from '../ui/field.tsx';
import { Note } from '../ui/tone.tsx';
import type { Proving } from './use-server-probes.ts';

const words = t.wizard.server;

interface Props {
  readonly id: string;
  readonly server: Extract<DraftServer, { kind: 'http' }>;
  readonly probe: Proving;
  readonly onChange: (server: DraftServer) => void;
  readonly onReach: () => Promise<void>;
}

const originOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).origin : undefined);

/** An address, and what is sent to it with every call. */
export function UrlServer({ id, server, probe, onChange, onReach }: Props) {
  const { url, unixSocket, headers, headersFor } = server;
  const origin = originOf(url.trim());
  const isElsewhere = headers.length > 0 && headersFor !== undefined && origin !== undefined && origin !== headersFor;
  return (
    <>
      <form
        className="with-button"
        onSubmit={(event) => {
          event.preventDefault();
          void onReach();
        }}
      >
        <Field
          label={words.url}
          mono
          placeholder={words.urlPlaceholder}
          hint={unixSocket === undefined ? words.urlHint : words.throughSocket(unixSocket)}
          value={url}
          onChange={(next) => onChange({ ...server, url: next })}
        />
        <Button type="submit" isDisabled={probe.running || url.trim() === ''}>
          {probe.evidence.length > 0 ? t.wizard.again : words.reach}
        </Button>
      </form>
      <EnvEditor
        owner={id}
        kind="http"
        channel={server.channel}
        entries={headers}
        onChange={(next) => onChange({ ...server, headers: next })}
      />
      {isElsewhere && (
        <Note
          tone="warn"
          title={words.otherHost(headersFor)}
          actions={
            <Button onPress={() => onChange({ ...server, headersFor: origin })}>{words.sendAnyway(origin)}</Button>
          }
        />
      )}
    </>
  );
}
