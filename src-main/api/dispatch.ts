import { TunnelError, type TunnelErrorData } from '../../shared/errors.ts';
import { callNames, calls, type Caller, type CallName, type Handlers, type Reply } from '../../shared/ipc.ts';

const known: ReadonlySet<string> = new Set(callNames);

const isCallName = (name: unknown): name is CallName => typeof name === 'string' && known.has(name);

const failed = (error: TunnelErrorData): Reply<never> => ({ ok: false, error });

/** What is told of an error that nobody foresaw: nothing of its text, which may hold anything. */
export function toErrorData(cause: unknown): TunnelErrorData {
  return cause instanceof TunnelError ? cause.toJSON() : { code: 'internal', leg: 'local', params: {} };
}

/**
 * The one wrapper around every handler, whichever transport the call came by: arguments are parsed with the contract's
 * schema, errors become data. Who may call at all is the transport's to check.
 *
 * @param tellChanges - tells pages what the call has changed, before its answer goes out
 */
export function createDispatch(
  handlers: Handlers,
  unforeseen: (name: CallName, cause: unknown) => void,
  tellChanges: () => void = () => undefined,
): (name: unknown, args: unknown, caller: Caller) => Promise<Reply<unknown>> {
  return async (name, args, caller) => {
    if (!isCallName(name)) return failed({ code: 'bad_request', leg: 'local', params: { detail: 'unknown call' } });
    const parsed = calls[name].args.safeParse(args);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const detail = issue ? `${name}: ${issue.path.join('.')} ${issue.message}` : name;
      return failed({ code: 'bad_request', leg: 'local', params: { detail } });
    }
    try {
      const handler = handlers[name] as (args: unknown, caller: Caller) => unknown;
      return { ok: true, value: await handler(parsed.data, caller) };
    } catch (cause) {
      if (!(cause instanceof TunnelError)) unforeseen(name, cause);
      return failed(toErrorData(cause));
    } finally {
      tellChanges();
    }
  };
}
