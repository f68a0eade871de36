import type { Verdict } from './evidence.ts';
import { describe } from './messages.ts';
import { hourMinute } from './state-words.ts';
import type { Words } from './words.ts';

/** The verdict in words: what holds, why, what to do. Tray, cards, notifications and `/readyz` say it alike. */
export function describeVerdict(verdict: Verdict): Words {
  if (verdict.error && verdict.calls !== undefined) {
    const { title, cause, next } = describe(verdict.error);
    const calls = verdict.calls === 1 ? 'The last call' : `The last ${verdict.calls} calls`;
    return { title, cause: `${calls} got no answer. ${cause}`, next };
  }
  if (verdict.error) return describe(verdict.error);
  switch (verdict.reason) {
    case 'stopped':
      return { title: 'Stopped', cause: 'The tunnel is switched off.', next: 'Start it to take calls.' };
    case 'starting':
      return { title: 'Starting', cause: 'The first poll has not been answered yet.', next: 'Nothing to do.' };
    case 'stopping':
      return { title: 'Stopping', cause: 'Calls in flight are being finished.', next: 'Nothing to do.' };
    case 'not-yet-known':
      return {
        title: 'Connected, no call yet',
        cause: 'Polls succeed; the MCP server has not been asked anything yet.',
        next: 'Run the doctor to check the server, or make a call.',
      };
    case 'waiting-first-call':
      return {
        title: 'Ready, waiting for the first call',
        cause: 'Polls succeed and the MCP server lists its tools.',
        next: 'Make a call from the product that uses this tunnel.',
      };
    case 'no-answer-yet': {
      const server = verdict.channel === undefined ? 'The MCP server' : `The MCP server of channel ${verdict.channel}`;
      return {
        title: `${server} has not answered yet`,
        cause: `It has a call and has said nothing${verdict.since === undefined ? '' : ` since ${hourMinute(verdict.since)}`}.`,
        next: 'Wait if the call may take this long. If not, look at it in the traces and restart the server; a command restarts with its tunnel.',
      };
    }
    case 'nothing-arrived':
      return {
        title: 'Ready, but nothing has arrived',
        cause: 'Polls succeed and the MCP server lists its tools; no call has come since.',
        next: 'Check that the calling product uses this tunnel id and that its connector is enabled.',
      };
    case 'fault':
    case 'calls-fail':
    case 'ok':
      return { title: 'Working', cause: 'Polls and calls succeed.', next: 'Nothing to do.' };
  }
}
