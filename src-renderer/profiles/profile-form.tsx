import { describe } from '../../shared/messages.ts';
import type { Profile } from '../../shared/profile.ts';
import { t } from '../strings.ts';
import { Field } from '../ui/field.tsx';
import { Switch } from '../ui/switch.tsx';
import { ChannelForms } from './channel-forms.tsx';
import { NumberSetting, OptionalField } from './form-field.tsx';
import { withOptional } from './optional.ts';
import { RouteTest } from './route-test.tsx';
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

/** What the text says, as fields. The rest of the schema is in the text alone, and stays there. */
export function ProfileForm({ id, editor, profile, isDisabled }: Props) {
  const { setProfile, problems } = editor;
  const { controlPlane, capture } = profile;
  const errorOf = (field: string): string | undefined => {
    const problem = problems.find((each) => each.field === field);
    return problem && describe(problem.error).cause;
  };
  const setPlane = (next: Profile['controlPlane']): void => setProfile({ ...profile, controlPlane: next });
  return (
    <fieldset className="form" disabled={isDisabled}>
      <section>
        <h2>{words.general}</h2>
        <Field label={words.name} value={profile.name} onChange={(name) => setProfile({ ...profile, name })} />
        <Switch
          isSelected={profile.startWithApp}
          isDisabled={isDisabled}
          onChange={(startWithApp) => setProfile({ ...profile, startWithApp })}
        >
          {words.startWithApp}
        </Switch>
      </section>
      <section>
        <h2>{words.controlPlane}</h2>
        <Field
          label={words.tunnelId}
          mono
          value={controlPlane.tunnelId}
          error={errorOf('control_plane.tunnel_id')}
          onChange={(tunnelId) => setPlane({ ...controlPlane, tunnelId: tunnelId.trim() })}
        />
        <SecretField
          label={words.key}
          owner={id}
          slot="api_key"
          value={controlPlane.apiKey}
          state={editor.document?.secrets.find(({ slot }) => slot === 'api_key')}
          onChange={(apiKey) => setPlane(withOptional(controlPlane, 'apiKey', apiKey))}
          onStored={editor.refreshSecrets}
        />
        <Field
          label={words.baseUrl}
          mono
          value={controlPlane.baseUrl}
          error={errorOf('control_plane.base_url')}
          onChange={(baseUrl) => setPlane({ ...controlPlane, baseUrl })}
        />
        <OptionalField
          label={words.organizationId}
          mono
          value={controlPlane.organizationId}
          onChange={(value) => setPlane(withOptional(controlPlane, 'organizationId', value))}
        />
        <div className="two">
          <OptionalField
            label={words.routeProxy}
            mono
            value={controlPlane.httpProxy}
            error={errorOf('control_plane.http_proxy')}
            onChange={(value) => setPlane(withOptional(controlPlane, 'httpProxy', value))}
          />
          <OptionalField
            label={words.routeCaBundle}
            mono
            value={controlPlane.caBundle}
            error={errorOf('culvert.control_plane.ca_bundle')}
            onChange={(value) => setPlane(withOptional(controlPlane, 'caBundle', value))}
          />
        </div>
        <RouteTest id={id} text={editor.text} />
      </section>
      <ChannelForms
        id={id}
        text={editor.text}
        channels={profile.channels}
        isDisabled={isDisabled}
        onAdd={editor.addServers}
        onChange={(channels) => setProfile({ ...profile, channels })}
      />
      <section>
        <h2>{words.network}</h2>
        <OptionalField
          label={words.httpProxy}
          hint={words.httpProxyHint}
          mono
          value={profile.httpProxy}
          error={errorOf('http_proxy')}
          onChange={(value) => setProfile(withOptional(profile, 'httpProxy', value))}
        />
        <OptionalField
          label={words.caBundle}
          hint={words.caBundleHint}
          mono
          value={profile.caBundle}
          error={errorOf('ca_bundle')}
          onChange={(value) => setProfile(withOptional(profile, 'caBundle', value))}
        />
        <div className="two">
          <OptionalField
            label={words.clientCert}
            mono
            value={controlPlane.clientCert}
            error={errorOf('control_plane.client_cert')}
            onChange={(value) => setPlane(withOptional(controlPlane, 'clientCert', value))}
          />
          <OptionalField
            label={words.clientKey}
            mono
            value={controlPlane.clientKey}
            error={errorOf('control_plane.client_key')}
            onChange={(value) => setPlane(withOptional(controlPlane, 'clientKey', value))}
          />
        </div>
        {(controlPlane.clientKey !== undefined || controlPlane.clientKeyPassphrase !== undefined) && (
          <SecretField
            label={words.clientKeyPassphrase}
            owner={id}
            slot="client_key_passphrase"
            value={controlPlane.clientKeyPassphrase}
            state={editor.document?.secrets.find(({ slot }) => slot === 'client_key_passphrase')}
            onChange={(value) => setPlane(withOptional(controlPlane, 'clientKeyPassphrase', value))}
            onStored={editor.refreshSecrets}
          />
        )}
      </section>
      <section>
        <h2>{words.limits}</h2>
        <div className="two">
          <NumberSetting
            label={words.maxInflight}
            hint={words.maxInflightHint}
            min={1}
            max={10_000}
            value={controlPlane.maxInflight}
            onChange={(maxInflight) => setPlane({ ...controlPlane, maxInflight })}
          />
          <NumberSetting
            label={words.maxPolls}
            hint={words.maxPollsHint}
            min={1}
            max={64}
            value={controlPlane.maxPolls}
            onChange={(maxPolls) => setPlane({ ...controlPlane, maxPolls })}
          />
        </div>
        <Switch
          isSelected={capture.bodies}
          isDisabled={isDisabled}
          onChange={(bodies) => setProfile({ ...profile, capture: { ...capture, bodies } })}
        >
          {words.capture}
        </Switch>
        {capture.bodies && (
          <NumberSetting
            label={words.maxBody}
            min={1}
            max={65_536}
            value={Math.round(capture.maxBodyBytes / kib)}
            onChange={(size) => setProfile({ ...profile, capture: { ...capture, maxBodyBytes: size * kib } })}
          />
        )}
      </section>
    </fieldset>
  );
}
