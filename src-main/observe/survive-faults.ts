import { errorText } from './error-text.ts';
import { isOutOfFiles, learnOpenFilesLimit, openFilesLimit } from '../base/open-files.ts';
import type { Log } from './log.ts';

/**
 * A fault that nobody caught is one of a single feature, such as a part that cannot be loaded: it is told, and the tunnels
 * go on. Returns the way to give such faults their usual meaning back.
 */
export function surviveFaults(log: Log): () => Promise<void> {
  learnOpenFilesLimit();
  const tell = (error: unknown): void => {
    if (isOutOfFiles(error)) {
      log.error('The limit of open files of this machine is reached (`ulimit -n`): something could not be opened.', {
        limit: openFilesLimit(),
        error: errorText(error),
      });
    } else log.error('A fault that nothing was prepared for; the tunnels go on.', { error: errorText(error) });
  };
  process.on('unhandledRejection', tell);
  process.on('uncaughtException', tell);
  return () => {
    process.off('unhandledRejection', tell);
    process.off('uncaughtException', tell);
    return Promise.resolve();
  };
}
