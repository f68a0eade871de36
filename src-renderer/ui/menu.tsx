import { Menu as AriaMenu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { IconButton } from './button.tsx';
import { Icon, type IconName } from './icon.tsx';

export interface MenuEntry {
  readonly label: string;
  readonly icon?: IconName;
  readonly danger?: boolean;
  readonly onAction: () => void;
}

/** Further things to do with something; `undefined` entries are left out, `'-'` is a line between groups. */
export function MoreMenu({
  label,
  entries,
}: {
  readonly label: string;
  readonly entries: readonly (MenuEntry | '-' | undefined)[];
}) {
  const shown = entries.filter((entry) => entry !== undefined);
  return (
    <MenuTrigger>
      <IconButton icon="dots" label={label} />
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
