import type { ReactNode } from 'react';
import { FieldError, Input, Label, Text, TextArea, TextField, type TextFieldProps } from 'react-aria-components';
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
