import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { t } from '../strings.ts';
import { Button, type ButtonProps } from './button.tsx';

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  readonly wide?: boolean;
  readonly children: ReactNode;
  /** Without them what is inside brings its own. */
  readonly actions?: ReactNode;
}

/** Esc and a click beside it close it; focus goes back to where it came from. */
export function Dialog({ title, onClose, wide = false, children, actions }: Props) {
  return (
    <ModalOverlay className="overlay" isOpen onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className={`dialog-box${wide ? ' wide' : ''}`}>
        <AriaDialog className="dialog">
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
          {actions !== undefined && <div className="actions">{actions}</div>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

interface AskProps extends Omit<ButtonProps, 'children' | 'onPress'> {
  /** What is done, in a verb. */
  readonly action: string;
  readonly onAction: () => void;
  readonly cancel?: string;
  readonly onCancel: () => void;
}

/** The way out, and the way on. */
export function AskActions({ action, onAction, cancel = t.cancel, onCancel, ...button }: AskProps) {
  return (
    <>
      <Button onPress={onCancel}>{cancel}</Button>
      <Button kind="primary" {...button} onPress={onAction}>
        {action}
      </Button>
    </>
  );
}

type AskDialogProps = Omit<Props, 'actions'> & Omit<AskProps, 'cancel' | 'onCancel'>;

/** Does one thing when it is agreed to, and nothing when it is closed. */
export function AskDialog({ title, onClose, wide = false, children, ...ask }: AskDialogProps) {
  return (
    <Dialog title={title} wide={wide} onClose={onClose} actions={<AskActions {...ask} onCancel={onClose} />}>
      {children}
    </Dialog>
  );
}
