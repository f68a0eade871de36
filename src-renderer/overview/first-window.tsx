import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { go } from '../route.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Arch, Icon, type IconName } from '../ui/icon.tsx';
import { Page } from '../ui/page.tsx';
import { startDemo } from './demo.ts';
import { importProfile } from '../profiles/import-profile.ts';

const words = t.overview.first;

interface WayProps {
  readonly icon: IconName;
  readonly title: string;
  readonly say: string;
  readonly isBusy?: boolean;
  readonly onPress: () => void;
}

function Way({ icon, title, say, isBusy = false, onPress }: WayProps) {
  return (
    <li>
      <AriaButton className="way" onPress={onPress} isDisabled={isBusy}>
        {isBusy ? <span className="spinner" /> : <Icon name={icon} thin />}
        <span className="grow">
          <b>{title}</b>
          <span>{say}</span>
        </span>
        <Icon name="right" />
      </AriaButton>
    </li>
  );
}

/** Three ways in, and nothing else. */
export function FirstWindow() {
  const [demo, setDemo] = useState(false);
  const hasDemo = useApp((app) => app.capabilities.demo);
  const tryDemo = async (): Promise<void> => {
    setDemo(true);
    await startDemo();
    setDemo(false);
  };
  const openProfile = async (): Promise<void> => {
    const id = await importProfile();
    if (id !== undefined) go('profiles', id);
  };
  return (
    <Page title={words.title}>
      <div className="first">
        <Arch />
        <p>{words.say}</p>
        <ul>
          {hasDemo && (
            <Way
              icon="spark"
              title={words.demo}
              say={demo ? words.demoRunning : words.demoSay}
              isBusy={demo}
              onPress={() => void tryDemo()}
            />
          )}
          <Way icon="terminal" title={words.connect} say={words.connectSay} onPress={() => go('wizard')} />
          <Way icon="folder" title={words.open} say={words.openSay} onPress={() => void openProfile()} />
        </ul>
      </div>
    </Page>
  );
}
