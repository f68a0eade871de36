import { expect, test } from 'vitest';
import { openChannel, sendCall } from '../mcp/stdio/harness.ts';

test('a server that is killed six times under load loses the calls that were with it, and no other', async () => {
  const total = 20_000;
  const atOnce = 20;
  const { channel } = openChannel();
  await channel.start();
  let next = 0;
  let answered = 0;
  const lost: unknown[] = [];
  const kills = new Set([1_000, 4_000, 7_000, 10_000, 13_000, 16_000]);
  let killed = 0;
  const caller = async (): Promise<void> => {
    while (next < total) {
      const n = next++;
      if (kills.has(n) && channel.state.kind === 'ready' && channel.state.pid !== undefined) {
        process.kill(channel.state.pid, 'SIGKILL');
        killed += 1;
      } else if (kills.delete(n)) {
        // it is being started again: the next call kills it
        kills.add(n + 1);
      }
      await sendCall(channel, n, 'echo', { n }).answer.then(
        () => (answered += 1),
        (error: unknown) => lost.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
  expect(killed).toBe(6);
  expect(answered + lost.length).toBe(total);
  expect(lost.length).toBeLessThanOrEqual(6 * atOnce);
  for (const error of lost) expect(error).toMatchObject({ code: 'server_exited' });
  expect(channel.state.kind).toBe('ready');
});
