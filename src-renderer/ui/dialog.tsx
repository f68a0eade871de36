import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';

interface Props {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly wide?: boolean;
  readonly children: ReactNode;
  readonly actions: ReactNode;
}

/** Esc and a click beside it close it; focus goes back to where it came from. */
export function Dialog({ title, isOpen, onClose, wide = false, children, actions }: Props) {
  return (
    <ModalOverlay className="overlay" isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className={`dialog-box${wide ? ' wide' : ''}`}>
        <AriaDialog className="dialog">
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
          <div className="actions">{actions}</div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
