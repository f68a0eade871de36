import type { ReactElement } from 'react';
import { Menu as AriaMenu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { Button, IconButton } from './button.tsx';
import { Icon, type IconName } from './icon.tsx';

export interface MenuEntry {
  readonly label: string;
  readonly icon?: IconName;
  readonly danger?: boolean;
  readonly onAction: () => void;
}

/** `undefined` entries are left out, `'-'` is a line between groups. */
type Entries = readonly (MenuEntry | '-' | undefined)[];

function MenuOf({
  label,
  entries,
  trigger,
}: {
  readonly label: string;
  readonly entries: Entries;
  readonly trigger: ReactElement;
}) {
  const shown = entries.filter((entry) => entry !== undefined);
  return (
    <MenuTrigger>
      {trigger}
      <Popover className="popover" placement="bottom end">
        <AriaMenu className="menu" aria-label={label}>
          {shown.map((entry, index) =>
            entry === '-' ? (
              <Separator key={`line ${index}`} />
            ) : (
              <MenuItem key={entry.label} className={entry.danger ? 'danger' : ''} onAction={entry.onAction}>
                {entry.icon && <Icon name={entry.icon} thin />}
                {entry.label}
              </MenuItem>
            ),
          )}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}

/** Further things to do with something, behind three dots. */
export function MoreMenu({ label, entries }: { readonly label: string; readonly entries: Entries }) {
  return <MenuOf label={label} entries={entries} trigger={<IconButton icon="dots" label={label} />} />;
}

interface TextMenuProps {
  readonly label: string;
  readonly icon?: IconName;
  readonly isDisabled?: boolean;
  readonly entries: Entries;
}

export function TextMenu({ label, icon, isDisabled = false, entries }: TextMenuProps) {
  return (
    <MenuOf
      label={label}
      entries={entries}
      trigger={
        <Button isDisabled={isDisabled} {...(icon ? { icon } : {})}>
          {label}
          <Icon name="down" />
        </Button>
      }
    />
  );
}
