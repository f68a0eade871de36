import { Radio, RadioGroup } from 'react-aria-components';
import { Labelled } from './field.tsx';

interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly showLabel?: boolean;
  readonly value: T;
  readonly options: readonly (readonly [T, string])[];
  readonly onChange: (value: T) => void;
}

/** One of a few, all of them visible. */
export function Segments<T extends string>({ label, showLabel = false, value, options, onChange }: SegmentsProps<T>) {
  const group = (
    <RadioGroup
      aria-label={label}
      className="segments"
      orientation="horizontal"
      value={value}
      onChange={(chosen) => onChange(chosen as T)}
    >
      {options.map(([key, words]) => (
        <Radio key={key} value={key}>
          {words}
        </Radio>
      ))}
    </RadioGroup>
  );
  return showLabel ? <Labelled label={label}>{group}</Labelled> : group;
}
