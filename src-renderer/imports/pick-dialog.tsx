import { useState } from 'react';
import { t } from '../strings.ts';
import { AskDialog } from '../ui/dialog.tsx';
import { ServerPicker } from './server-picker.tsx';
import { useCandidates } from './use-candidates.ts';

interface Props {
  readonly action: (picked: number) => string;
  /** Resolves to whether it is done. */
  readonly onPick: (ids: string[]) => Promise<boolean>;
  readonly onClose: () => void;
}

/** The servers of other apps, in a window of their own. */
export function PickDialog({ action, onPick, onClose }: Props) {
  const found = useCandidates();
  const [picked, setPicked] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const done = async (): Promise<void> => {
    setBusy(true);
    if (await onPick(picked)) onClose();
    else setBusy(false);
  };
  return (
    <AskDialog
      title={t.imports.dialog.title}
      wide
      onClose={onClose}
      action={action(picked.length)}
      isDisabled={busy || picked.length === 0}
      onAction={() => void done()}
    >
      <ServerPicker found={found} picked={picked} onPick={setPicked} />
    </AskDialog>
  );
}
