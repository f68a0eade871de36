import { Field } from '../ui/field.tsx';
import { t } from '../strings.ts';

interface Props {
  readonly label: string;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly mono?: boolean;
  readonly value: string | undefined;
  /** Empty becomes `undefined`: not set. */
  readonly onChange: (value: string | undefined) => void;
}

/** A setting that may be left out. */
export function OptionalField({ value, onChange, ...rest }: Props) {
  return (
    <Field
      {...rest}
      placeholder={t.profiles.form.optional}
      value={value ?? ''}
      onChange={(text) => onChange(text === '' ? undefined : text)}
    />
  );
}

interface NumberProps {
  readonly label: string;
  readonly hint?: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

export function NumberSetting({ label, hint, value, min, max, onChange }: NumberProps) {
  return (
    <Field
      label={label}
      {...(hint === undefined ? {} : { hint })}
      inputMode="numeric"
      value={String(value)}
      onChange={(text) => {
        const number = Number(text);
        if (text !== '' && Number.isInteger(number)) onChange(Math.min(max, Math.max(min, number)));
      }}
    />
  );
}
