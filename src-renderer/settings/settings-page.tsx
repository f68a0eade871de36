import type { ReactNode } from 'react';
import { languages } from '../../shared/messages/language.ts';
import type { Settings } from '../../shared/settings.ts';
import { run } from '../api.ts';
import { copyText } from '../copy.ts';
import { saveFile } from '../download.ts';
import { go } from '../route.ts';
import { notify } from '../shell/notices.tsx';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/choice.tsx';
import { Page } from '../ui/page.tsx';
import { Choice } from '../ui/select.tsx';
import { Switch } from '../ui/switch.tsx';
import { BudgetField } from './budget-field.tsx';

const words = t.settings;
const choices = ['system', ...languages] as const;

function Group({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="setting-group">
      <h2>{title}</h2>
      <div className="setting-items">{children}</div>
    </section>
  );
}

interface ToggleProps {
  readonly label: string;
  readonly say?: string;
  readonly isOn: boolean;
  readonly onChange: (on: boolean) => void;
}

function Toggle({ label, say, isOn, onChange }: ToggleProps) {
  return (
    <div className="setting">
      <span className="grow">
        {label}
        {say !== undefined && <span className="muted block">{say}</span>}
      </span>
      <Switch aria-label={label} isSelected={isOn} onChange={onChange} />
    </div>
  );
}

const kinds = [
  'lost',
  'keyRefused',
  'crashLoop',
  'recovered',
  'certificate',
] as const satisfies readonly (keyof Settings['notifications'])[];

async function copyAddress(): Promise<void> {
  const address = await run('browser.address');
  if (address) await copyText(address.url);
}

async function revoke(): Promise<void> {
  await run('browser.revoke');
  notify({ tone: 'ok', title: words.browserRevoked });
}

async function saveBundle(): Promise<void> {
  const result = await run('system.supportBundle');
  if (result) saveFile(result);
}

async function copyDiagnostics(): Promise<void> {
  const result = await run('system.diagnostics');
  if (result) await copyText(result.text);
}

/** Every choice takes effect at once. */
export function SettingsPage() {
  const settings = useApp((app) => app.settings);
  const can = useApp((app) => app.capabilities);
  const version = useApp((app) => app.versions.app);
  return (
    <Page title={t.pages.settings}>
      <div className="card settings">
        <Group title={words.look}>
          <div className="setting">
            <span className="grow">{words.theme}</span>
            <Segments
              label={words.theme}
              value={settings.theme}
              onChange={(theme) => void run('settings.set', { theme })}
              options={[
                ['system', t.themes.system],
                ['light', t.themes.light],
                ['dark', t.themes.dark],
              ]}
            />
          </div>
          <div className="setting">
            <span className="grow">{words.language}</span>
            <Choice
              label={words.language}
              value={settings.language}
              onChange={(language) => void run('settings.set', { language })}
              options={choices
                .filter((choice) => choice !== 'pseudo' || settings.language === 'pseudo')
                .map((choice) => [choice, t.languages[choice]] as const)}
            />
          </div>
        </Group>
        {(can.startAtLogin || can.tray !== 'none') && (
          <Group title={words.start}>
            {can.startAtLogin && (
              <Toggle
                label={words.startAtLogin}
                say={words.startAtLoginSay}
                isOn={settings.startAtLogin}
                onChange={(startAtLogin) => void run('settings.set', { startAtLogin })}
              />
            )}
            {can.tray === 'shown' && (
              <Toggle
                label={words.startHidden}
                say={words.startHiddenSay}
                isOn={settings.startHidden}
                onChange={(startHidden) => void run('settings.set', { startHidden })}
              />
            )}
            {can.tray !== 'none' && <p className="muted">{words.tray[can.tray]}</p>}
          </Group>
        )}
        {can.notifications && (
          <Group title={words.notifications}>
            {kinds.map((kind) => (
              <Toggle
                key={kind}
                label={words.kinds[kind]}
                isOn={settings.notifications[kind]}
                onChange={(on) => void run('settings.set', { notifications: { [kind]: on } })}
              />
            ))}
          </Group>
        )}
        <Group title={words.traces}>
          <BudgetField value={settings.traceBudgetMiB} />
        </Group>
        <Group title={words.secrets}>
          <p className="muted">{words.keychain[can.keychain.backend]}</p>
        </Group>
        {can.browserUi && (
          <Group title={words.browser}>
            <p className="muted">{words.browserSay}</p>
            <div className="row-gap">
              <Button icon="copy" onPress={() => void copyAddress()}>
                {words.browserOpen}
              </Button>
              <Button kind="quiet" onPress={() => void revoke()}>
                {words.browserRevoke}
              </Button>
            </div>
          </Group>
        )}
        <Group title={words.help}>
          {can.supportBundle && <p className="muted">{words.bundleSay}</p>}
          <div className="row-gap">
            {can.supportBundle && (
              <Button icon="download" onPress={() => void saveBundle()}>
                {words.bundle}
              </Button>
            )}
            <Button kind="quiet" icon="copy" onPress={() => void copyDiagnostics()}>
              {words.diagnostics}
            </Button>
            <Button kind="quiet" onPress={() => go('about')}>
              {words.about}
            </Button>
          </div>
          <p className="faint small">{words.aboutSay(version)}</p>
        </Group>
      </div>
    </Page>
  );
}
