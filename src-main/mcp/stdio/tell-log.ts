import type { Log, LogScope } from '../../observe/log.ts';
import type { StdioLog } from './stdio-log.ts';

/** What a stdio channel says, as lines of the log. */
export function tellLog(log: Log, scope: LogScope): StdioLog {
  return (event) => {
    switch (event.kind) {
      case 'started':
        return log.info('The server was started.', { pid: event.pid, program: event.program }, scope);
      case 'exited':
        return log.log(
          event.asked ? 'info' : 'warn',
          event.asked ? 'The server was stopped.' : 'The server ended.',
          { pid: event.pid, exit_code: event.exitCode ?? undefined, signal: event.signal ?? undefined },
          scope,
        );
      case 'stderr':
        return log.debug(event.text, { stream: 'stderr' }, scope);
      case 'stderr-suppressed':
        return log.debug('More lines of stderr came than are logged.', { lines: event.lines }, scope);
      case 'noise':
        return log.warn(
          'The server wrote a line that is for nobody.',
          { reason: event.reason, text: event.text },
          scope,
        );
      case 'noise-suppressed':
        return log.warn('More such lines came than are logged.', { lines: event.lines }, scope);
      case 'unclaimed-notification':
        return log.debug('A notification names no call and is not passed on.', { method: event.method }, scope);
      case 'server-request':
        return log.debug('The server asked something that has no way to the caller.', { method: event.method }, scope);
      case 'handshake-refused':
        return log.warn('The restarted server refused the handshake that was repeated to it.', {}, scope);
      case 'handshake-kept':
        return log.info('Callers that were connected before go on: their last handshake was repeated.', {}, scope);
      case 'second-era':
        return log.info(
          'The server is started once more, for callers of the other MCP era.',
          { era: event.era },
          scope,
        );
      case 'one-era':
        return log.info('The server does not speak the other MCP era.', { era: event.era }, scope);
      case 'not-initialized':
        return log.warn(
          'A call came before any initialize; its caller was told to begin anew.',
          { method: event.method },
          scope,
        );
      case 'survivors':
        return log.error('Processes of the server cannot be ended.', { pids: event.pids.join(' ') }, scope);
    }
  };
}
