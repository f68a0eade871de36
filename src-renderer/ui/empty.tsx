import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

interface Props {
  readonly icon: IconName;
  readonly title: string;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}

/** Every list says what it is when it is empty, and what to do. */
export function Empty({ icon, title, children, actions }: Props) {
  return (
    <div className="empty">
      <Icon name={icon} thin />
      <h2>{title}</h2>
      <p>{children}</p>
      {actions !== undefined && <div className="row-gap">{actions}</div>}
    </div>
  );
}
