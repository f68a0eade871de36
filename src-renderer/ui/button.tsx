import type { ReactNode } from 'react';
import {
  Button as AriaButton,
  Tooltip,
  TooltipTrigger,
  type ButtonProps as AriaButtonProps,
} from 'react-aria-components';
import { Icon, type IconName } from './icon.tsx';

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'children' | 'style'> {
  readonly kind?: 'plain' | 'primary' | 'quiet' | 'danger';
  readonly icon?: IconName;
  readonly on?: boolean;
  readonly children: ReactNode;
}

export function Button({ kind = 'plain', icon, on = false, children, ...rest }: ButtonProps) {
  const kindClass = kind === 'plain' ? '' : kind === 'danger' ? ' quiet danger' : ` ${kind}`;
  return (
    <AriaButton {...rest} className={`btn${kindClass}${on ? ' on' : ''}`}>
      {icon && <Icon name={icon} />}
      {children}
    </AriaButton>
  );
}

interface IconButtonProps extends Omit<AriaButtonProps, 'className' | 'children' | 'style'> {
  readonly icon: IconName;
  readonly label: string;
  readonly on?: boolean;
}

/** A control without words: its name is read out and shown on hover and focus. */
export function IconButton({ icon, label, on = false, ...rest }: IconButtonProps) {
  return (
    <TooltipTrigger delay={500}>
      <AriaButton {...rest} aria-label={label} className={`btn quiet icon${on ? ' on' : ''}`}>
        <Icon name={icon} />
      </AriaButton>
      <Tooltip className="tooltip" offset={6}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  );
}
