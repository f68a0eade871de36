import type { ReactNode } from 'react';
import { FieldError, Input, Label, Text, TextArea, TextField, type TextFieldProps } from 'react-aria-components';
import { t } from '../strings.ts';
import { Prose } from './prose.tsx';

interface Props extends Omit<TextFieldProps, 'className' | 'children' | 'style'> {
  readonly label: string;
  /** The label is read out but not shown: its place says what it is. */
  readonly hideLabel?: boolean;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly mono?: boolean;
  readonly placeholder?: string | undefined;
  readonly rows?: number;
}

export function Field({ label, hideLabel = false, hint, error, mono = false, placeholder, rows, ...rest }: Props) {
  const inputClass = `input${mono ? ' mono' : ''}`;
  return (
    <TextField {...rest} className="field" isInvalid={error !== undefined}>
      <Label className={hideLabel ? 'visually-hidden' : ''}>{label}</Label>
      {rows === undefined ? (
        <Input className={inputClass} placeholder={placeholder ?? ''} spellCheck={false} autoComplete="off" />
      ) : (
        <TextArea className={inputClass} placeholder={placeholder ?? ''} rows={rows} spellCheck={false} />
      )}
      {hint !== undefined && (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
      <FieldError className="error">{error !== undefined && <Prose text={error} />}</FieldError>
    </TextField>
  );
}

interface OptionalProps extends Omit<Props, 'value' | 'onChange'> {
  readonly value: string | undefined;
  /** Empty becomes `undefined`: not set. */
  readonly onChange: (value: string | undefined) => void;
}

/** A setting that may be left out. */
export function OptionalField({ value, onChange, ...rest }: OptionalProps) {
  return (
    <Field
      placeholder={t.notSet}
      {...rest}
      value={value ?? ''}
      onChange={(text) => onChange(text === '' ? undefined : text)}
    />
  );
}

interface NumberProps extends Omit<Props, 'value' | 'onChange'> {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

export function NumberField({ value, min, max, onChange, ...rest }: NumberProps) {
  return (
    <Field
      {...rest}
      inputMode="numeric"
      value={String(value)}
      onChange={(text) => {
        const number = Number(text);
        if (text !== '' && Number.isInteger(number)) onChange(Math.min(max, Math.max(min, number)));
      }}
    />
  );
}

/** What has a label as a field has, and is not one. */
export function Labelled({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="field">
      <span className="label">{label}</span>
      {children}
    </div>
  );
}
