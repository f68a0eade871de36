import { homedir } from 'node:os';

/**
 * The account's home folder. An account without an entry in the system's list, as containers run them under any number, has
 * none, and Node throws there: then it is `/`, as container runtimes set HOME.
 */
export function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}
