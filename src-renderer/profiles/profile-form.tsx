import { describe } from '../../shared/messages.ts';
import type { Profile } from '../../shared/profile.ts';
import { t } from '../strings.ts';
import { Field, NumberField, OptionalField } from '../ui/field.tsx';
import { fieldsOf } from '../ui/fields-of.ts';
import { Switch } from '../ui/switch.tsx';
import { ChannelForms } from './channel-forms.tsx';
import { RouteFields } from './route-fields.tsx';
import { SecretField } from './secret-field.tsx';
import type { Editor } from './use-editor.ts';

const words = t.profiles.form;
const kib = 1024;

interface Props {
  readonly id: string;
  readonly editor: Editor;
  readonly profile: Profile;
  readonly isDisabled: boolean;
}

const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What the text says, as fields. The rest of the schema is in the text alone, and stays there. */
export function ProfileForm({ id, editor, profile, isDisabled }: Props) {
  const { setProfile, problems } = editor;
  const { controlPlane, capture } = profile;
  /** What is wrong with a key, in the published part of the file or in Culvert's own. */
  const errorsIn = (section: string) => (key: string) => {
    const field = section + snakeCase(key);
    const problem = problems.find((each) => each.field === field || each.field === `culvert.${field}`);
    return problem && describe(problem.error).cause;
  };
  const of = fieldsOf(profile, setProfile, errorsIn(''));
  const plane = fieldsOf(controlPlane, of('controlPlane').onChange, errorsIn('control_plane.'));
  const captured = fieldsOf(capture, of('capture').onChange);
  return (
    <fieldset className="form" disabled={isDisabled}>
      <section>
        <Switch isSelected={profile.startWithApp} isDisabled={isDisabled} onChange={of('startWithApp').onChange}>
          {words.startWithApp}
        </Switch>
      </section>
      <section>
        <h2>{words.controlPlane}</h2>
        <Field
          label={words.tunnelId}
          mono
          {...plane('tunnelId')}
          onChange={(tunnelId) => plane('tunnelId').onChange(tunnelId.trim())}
        />
        <SecretField label={words.key} id={id} editor={editor} slot="api_key" {...plane('apiKey')} />
        <Field label={words.baseUrl} mono {...plane('baseUrl')} />
        <OptionalField label={words.organizationId} mono {...plane('organizationId')} />
        <RouteFields id={id} editor={editor} of={plane} />
      </section>
      <ChannelForms
        id={id}
        editor={editor}
        channels={profile.channels}
        isDisabled={isDisabled}
        onChange={of('channels').onChange}
      />
      <section>
        <h2>{words.network}</h2>
        <OptionalField label={words.httpProxy} hint={words.httpProxyHint} mono {...of('httpProxy')} />
        <OptionalField label={words.caBundle} hint={words.caBundleHint} mono {...of('caBundle')} />
      </section>
      <section>
        <h2>{words.limits}</h2>
        <div className="two">
          <NumberField
            label={words.maxInflight}
            hint={words.maxInflightHint}
            min={1}
            max={10_000}
            {...plane('maxInflight')}
          />
          <NumberField label={words.maxPolls} hint={words.maxPollsHint} min={1} max={64} {...plane('maxPolls')} />
        </div>
        <Switch isSelected={capture.bodies} isDisabled={isDisabled} onChange={captured('bodies').onChange}>
          {words.capture}
        </Switch>
        {capture.bodies && (
          <NumberField
            label={words.maxBody}
            min={1}
            max={65_536}
            value={Math.round(capture.maxBodyBytes / kib)}
            onChange={(size) => captured('maxBodyBytes').onChange(size * kib)}
          />
        )}
      </section>
    </fieldset>
  );
}
