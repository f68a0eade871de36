import { Input, SearchField } from 'react-aria-components';
import { Icon } from './icon.tsx';

interface Props {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly autoFocus?: boolean;
  readonly onChange: (value: string) => void;
}

/** What narrows down a list; `/` goes there, Esc empties it. */
export function Search({ label, placeholder, ...rest }: Props) {
  return (
    <SearchField {...rest} className="search-field" aria-label={label}>
      <Icon name="search" />
      <Input className="input" placeholder={placeholder} data-filter="" />
    </SearchField>
  );
}
