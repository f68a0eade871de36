import { t } from '../strings.ts';
import { OptionalField } from '../ui/field.tsx';
import { RouteTest } from './route-test.tsx';
import { SecretField } from './secret-field.tsx';
import type { Editor } from './use-editor.ts';

const words = t.profiles.form;

interface Setting {
  readonly value: string | undefined;
  readonly error?: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

type Key = 'httpProxy' | 'caBundle' | 'clientCert' | 'clientKey' | 'clientKeyPassphrase';

interface Props {
  readonly id: string;
  readonly editor: Editor;
  readonly of: (key: Key) => Setting;
  /** The server that is reached; without one, the control plane. */
  readonly channel?: string;
}

/** How one side is reached: its proxy, whom to trust, and what Culvert shows of itself; and whether that works. */
export function RouteFields({ id, editor, of, channel }: Props) {
  const passphrase = of('clientKeyPassphrase');
  return (
    <>
      <div className="two">
        <OptionalField label={words.routeProxy} mono {...of('httpProxy')} />
        <OptionalField label={words.routeCaBundle} mono {...of('caBundle')} />
        <OptionalField label={words.clientCert} hint={words.clientCertHint} mono {...of('clientCert')} />
        <OptionalField label={words.clientKey} hint={words.clientKeyHint} mono {...of('clientKey')} />
      </div>
      {(of('clientKey').value !== undefined || passphrase.value !== undefined) && (
        <SecretField
          label={words.clientKeyPassphrase}
          id={id}
          editor={editor}
          slot={`${channel === undefined ? '' : `${channel}.`}client_key_passphrase`}
          {...passphrase}
        />
      )}
      <RouteTest id={id} text={editor.text} {...(channel === undefined ? {} : { channel })} />
    </>
  );
}
