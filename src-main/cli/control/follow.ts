import type { EventStream } from '../../runtime/control-client.ts';

/** Resolves when whoever reads our output is gone (`| head`), or the process that is watched, which is told. */
export async function untilGone(stream: EventStream): Promise<void> {
  const readerGone = new Promise<string>((resolve) => process.stdout.on('error', () => resolve('')));
  const told = await Promise.race([
    readerGone,
    stream.ended.then(() => 'culvert: The process that was watched has ended.\n'),
  ]);
  stream.close();
  process.stderr.write(told);
}
