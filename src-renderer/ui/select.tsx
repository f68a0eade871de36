import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';
import { Icon } from './icon.tsx';

interface Props<T extends string> {
  readonly label: string;
  readonly showLabel?: boolean;
  readonly value: T;
  readonly options: readonly (readonly [T, string])[];
  readonly onChange: (value: T) => void;
}

/** One of several, in a list that opens. */
export function Choice<T extends string>({ label, showLabel = false, value, options, onChange }: Props<T>) {
  return (
    <Select
      className="field choice"
      aria-label={label}
      value={value}
      onChange={(key) => typeof key === 'string' && onChange(key as T)}
    >
      {showLabel && <Label>{label}</Label>}
      <Button className="input">
        <SelectValue />
        <Icon name="down" />
      </Button>
      <Popover className="popover">
        <ListBox className="listbox">
          {options.map(([key, words]) => (
            <ListBoxItem key={key} id={key} textValue={words}>
              {words}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
