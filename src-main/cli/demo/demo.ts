import { createHttpListener } from '../../admin/http-listener.ts';
import { DraftStore } from '../../drafts/draft-store.ts';
import { mountUi } from '../../lazy-ui.ts';
import { TunnelError } from '../../../shared/errors.ts';
import { defaultCapture } from '../../../shared/profile.ts';
import { describe } from '../../../shared/messages.ts';
import { type Demo, DemoFailure, type DemoStep, startDemo } from '../../demo/demo.ts';
import { selfCommand } from '../../demo/self-command.ts';
import { createEngine } from '../../engine.ts';
import { openRuntime } from '../../headless.ts';
import { joinCommand } from '../../process/command-line.ts';
import { createLog } from '../../observe/log.ts';
import { peopleLine } from '../../observe/log-format.ts';
import { headlessLimits, TraceStore } from '../../observe/trace-store.ts';
import { createKeychain } from '../../secrets/keychain.ts';
import { createSecrets } from '../../secrets/resolver.ts';
import { exitCodeOf, exitCodes } from '../exit.ts';
import { listenForEnd } from '../run/signals.ts';

const titles: Readonly<Record<DemoStep, string>> = {
  relay: 'Local relay',
  tunnel: 'Tunnel',
  connect: 'MCP client',
  call: 'Tool call',
};

const print = (text: string): boolean => process.stdout.write(`${text}\n`);

const invitation = ({ tunnel }: Demo): string => `
The tunnel stays up (Ctrl C ends it). Call the server through it with any MCP client:

  URL     ${tunnel.mcpUrl}
  header  Authorization: Bearer ${tunnel.apiKey}

  { "mcpServers": { "culvert-demo": { "type": "http", "url": "${tunnel.mcpUrl}",
      "headers": { "Authorization": "Bearer ${tunnel.apiKey}" } } } }

Its tools are add, now and slow_count. Next: culvert relay, to put a server of your own behind a tunnel like this one.`;

/** Says which step failed and why, and gives the exit code. */
function reportFailure(failure: DemoFailure, once: boolean): number {
  const { step, cause } = failure;
  const words =
    cause instanceof TunnelError
      ? describe(cause)
      : { title: cause instanceof Error ? cause.message : String(cause), cause: '', next: '' };
  process.stderr.write(`✗ ${titles[step]}: ${words.title}.\n  ${words.cause}\n  ${words.next}\n`);
  if (once) {
    const error = { code: cause instanceof TunnelError ? cause.code : 'internal', message: words.title };
    print(JSON.stringify({ ok: false, step, error }));
  }
  return cause instanceof TunnelError ? exitCodeOf(cause) : exitCodes.fault;
}

/** Resolves with the exit code once everything it started has ended. */
export async function runDemo(once: boolean): Promise<number> {
  const { env } = process;
  const log = createLog('error', (line) => process.stderr.write(`${peopleLine(line, process.stderr.isTTY)}\n`));
  const drafts = new DraftStore();
  const keychain = createKeychain();
  const secrets = createSecrets({ env, store: () => drafts.over(() => keychain) });
  const traces = new TraceStore(headlessLimits, () => defaultCapture);
  const tunnels = createEngine({
    secrets,
    env,
    log,
    traces,
    children: { added: (pid) => runtime?.added(pid), removed: (pid) => runtime?.removed(pid) },
  });
  const listener = createHttpListener();
  const end = listenForEnd();
  const runtime = once ? undefined : await openRuntime(env, log, 'demo');
  try {
    const demo = await startDemo({
      tunnels,
      serverCommand: joinCommand(selfCommand('demo-server')),
      interrupted: end.first,
      onStep: (step, outcome, ms) => print(`✓ ${titles[step].padEnd(12)} ${outcome}  (${ms.toFixed(1)} ms)`),
    });
    if (!once) {
      print(invitation(demo));
      const parts = {
        manager: tunnels,
        traces,
        log,
        secrets,
        env,
        profiles: [],
        drafts,
        keychain: () => keychain,
        demo,
      };
      const closeUi = mountUi(listener, parts);
      await listener.listen();
      if (listener.address !== undefined) await runtime?.setEndpoint(listener.address, listener.instanceToken);
      print(`\nWatch it in a browser (this address works once):\n\n  ${listener.uiAddress() ?? ''}`);
      await end.first;
      closeUi();
      await listener.close();
    }
    // the pages may have started tunnels beside the demo's
    await Promise.race([Promise.all([demo.close(), tunnels.stopAll()]), end.second]);
    if (once) print(JSON.stringify(demo.report));
    return exitCodes.done;
  } catch (error) {
    if (error instanceof DemoFailure) return reportFailure(error, once);
    throw error;
  } finally {
    await runtime?.close();
    end.release();
  }
}
