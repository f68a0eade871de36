import { useEffect, useState } from 'react';
import type { Fix } from '../../shared/doctor.ts';
import { call, run } from '../api.ts';
import { notify, notifyFailure } from '../shell/notices.tsx';
import { t } from '../strings.ts';
import { AskDialog } from '../ui/dialog.tsx';
import { Labelled } from '../ui/field.tsx';

const words = t.doctor;

/** What a fix would change, shown before it does. */
export function FixDialog({ fix, onClose }: { readonly fix: Fix; readonly onClose: () => void }) {
  const [preview, setPreview] = useState(fix);
  useEffect(() => {
    let live = true;
    void run('doctor.previewFix', { id: fix.id }).then((found) => live && found && setPreview(found));
    return () => {
      live = false;
    };
  }, [fix.id]);
  const apply = async (): Promise<void> => {
    const reply = await call('doctor.applyFix', { id: fix.id });
    onClose();
    if (reply.ok) notify({ tone: 'ok', title: words.applied });
    else notifyFailure(reply.error);
  };
  return (
    <AskDialog title={words.fixTitle} onClose={onClose} action={words.apply} onAction={() => void apply()}>
      <p>{preview.summary}</p>
      {preview.file !== undefined && (
        <p className="muted">
          {words.fixFile} <code>{preview.file}</code>
        </p>
      )}
      {preview.before !== undefined && (
        <Labelled label={words.fixBefore}>
          <pre className="well">{preview.before}</pre>
        </Labelled>
      )}
      {preview.after !== undefined && (
        <Labelled label={words.fixAfter}>
          <pre className="well">{preview.after}</pre>
        </Labelled>
      )}
    </AskDialog>
  );
}
