import type { ReactNode } from 'react';
import { Switch as AriaSwitch, type SwitchProps } from 'react-aria-components';

interface Props extends Omit<SwitchProps, 'className' | 'children' | 'style'> {
  readonly children?: ReactNode;
}

export function Switch({ children, ...rest }: Props) {
  return (
    <AriaSwitch {...rest} className="switch">
      <span className="track" />
      {children}
    </AriaSwitch>
  );
}
