import {
  Autocomplete,
  Dialog,
  Input,
  Menu,
  MenuItem,
  Modal,
  ModalOverlay,
  SearchField,
  useFilter,
} from 'react-aria-components';
import { t } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';
import { useCommands } from './commands.ts';

/** Everything that can be done, by typing a part of its name. */
export function Palette({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  return (
    <ModalOverlay className="overlay" isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="dialog-box palette">
        <Dialog aria-label={t.palette.title}>
          <Commands onDone={onClose} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Commands({ onDone }: { readonly onDone: () => void }) {
  const { contains } = useFilter({ sensitivity: 'base' });
  const commands = useCommands();
  return (
    <Autocomplete filter={contains}>
      <SearchField className="palette-field" aria-label={t.palette.placeholder} autoFocus>
        <Icon name="search" />
        <Input placeholder={t.palette.placeholder} />
      </SearchField>
      {/* The focus stays in the field; the list scrolls by itself, or by keyboard once it is tabbed to. */}
      <div className="palette-list" role="group" aria-label={t.palette.results} tabIndex={0}>
        <Menu
          className="menu"
          aria-label={t.palette.title}
          renderEmptyState={() => <p className="palette-none">{t.palette.none}</p>}
        >
          {commands.map(({ name, icon, keys, act }) => (
            <MenuItem
              key={name}
              textValue={name}
              onAction={() => {
                onDone();
                act();
              }}
            >
              <Icon name={icon} thin />
              <span className="grow clip">{name}</span>
              {keys !== undefined && <kbd>{keys}</kbd>}
            </MenuItem>
          ))}
        </Menu>
      </div>
    </Autocomplete>
  );
}
