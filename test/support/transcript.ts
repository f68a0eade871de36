import { Client, type Transport } from '@modelcontextprotocol/client';

/** What a caller saw: comparable between a server reached directly and the same server behind a tunnel. */
export type Transcript = Record<string, unknown>;

interface Failure {
  readonly failed: true;
  readonly code: unknown;
  readonly message: string;
  readonly data: unknown;
}

const outcome = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    return await work;
  } catch (error) {
    const { code, message, data } = error as { code?: unknown; message: string; data?: unknown };
    return { failed: true, code, message, data } satisfies Failure;
  }
};

/** `legacy` = 2025-11-25 with initialize, otherwise the stateless revision to insist on. */
export type Era = 'legacy' | '2026-07-28';

/** Connects, works and disconnects. */
export async function withClient<T>(transport: Transport, era: Era, work: (client: Client) => Promise<T>): Promise<T> {
  const mode = era === 'legacy' ? era : { pin: era };
  const client = new Client({ name: 'caller', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(transport);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** Everything the server says about itself. */
export async function introspect(client: Client): Promise<Transcript> {
  const capabilities = client.getServerCapabilities();
  return {
    version: client.getNegotiatedProtocolVersion(),
    server: client.getServerVersion(),
    capabilities,
    instructions: client.getInstructions(),
    tools: capabilities?.tools && (await outcome(client.listTools())),
    prompts: capabilities?.prompts && (await outcome(client.listPrompts())),
    resources: capabilities?.resources && (await outcome(client.listResources())),
    templates: capabilities?.resources && (await outcome(client.listResourceTemplates())),
  };
}

/**
 * A tool's result or error, and the progress that came before it: as the transport delivers it, because the SDK's client
 * itself loses progress that is read together with the result.
 */
export async function toolCall(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<{ result: unknown; progress: unknown[] }> {
  const { transport } = client;
  if (!transport) throw new Error('not connected');
  const { onmessage } = transport;
  const progress: unknown[] = [];
  transport.onmessage = (message, extra) => {
    if ('method' in message && message.method === 'notifications/progress')
      progress.push({ ...message.params, progressToken: undefined });
    onmessage?.(message, extra);
  };
  const result = await outcome(client.callTool({ name, arguments: args }, { onprogress: () => undefined }));
  transport.onmessage = onmessage;
  return { result, progress };
}

/**
 * Calls a tool that takes long, gives up after its first progress, and tells how the call ended and whether the server
 * still answers.
 */
export async function cancelledCall(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<unknown> {
  const abort = new AbortController();
  const ended = await outcome(
    client.callTool({ name, arguments: args }, { signal: abort.signal, onprogress: () => abort.abort('enough') }),
  );
  return { ended, stillThere: await outcome(client.listTools().then(({ tools }) => tools.length)) };
}

/** All that server-everything offers a caller that can neither sample nor be asked, without its environment. */
export async function everythingTranscript(client: Client, largeBytes: number): Promise<Transcript> {
  const image = 'get-tiny-image';
  return {
    ...(await introspect(client)),
    echo: await toolCall(client, 'echo', { message: 'h\u00e9llo \u{1F30D}\n"quoted"' }),
    sum: await toolCall(client, 'get-sum', { a: 2, b: 0.5 }),
    image: await toolCall(client, image),
    structured: await toolCall(client, 'get-structured-content', { location: 'Chicago' }),
    annotated: await toolCall(client, 'get-annotated-message', { messageType: 'error', includeImage: true }),
    links: await toolCall(client, 'get-resource-links', { count: 3 }),
    progress: await toolCall(client, 'trigger-long-running-operation', { duration: 0.2, steps: 4 }),
    large: await toolCall(client, 'echo', { message: 'z'.repeat(largeBytes) }),
    unknownTool: await toolCall(client, 'no-such-tool'),
    badArguments: await toolCall(client, 'get-sum', { a: 'two' }),
    unknownMethod: await outcome(client.readResource({ uri: 'demo://resource/none' })),
    prompt: await outcome(client.getPrompt({ name: 'simple-prompt' })),
    promptWithArguments: await outcome(
      client.getPrompt({ name: 'args-prompt', arguments: { city: 'Lyon', state: 'ARA' } }),
    ),
    badPrompt: await outcome(client.getPrompt({ name: 'no-such-prompt' })),
    completion: await outcome(
      client.complete({
        ref: { type: 'ref/prompt', name: 'completable-prompt' },
        argument: { name: 'department', value: 'E' },
      }),
    ),
    ping: await outcome(client.ping()),
    cancelled: await cancelledCall(client, 'trigger-long-running-operation', { duration: 3, steps: 30 }),
  };
}

/** What the fixture server of both eras offers. */
export async function twoEraTranscript(client: Client, largeBytes: number): Promise<Transcript> {
  return {
    ...(await introspect(client)),
    echo: await toolCall(client, 'test_echo', { message: 'h\u00e9llo \u{1F30D}\n"quoted"' }),
    large: await toolCall(client, 'test_large_result', { bytes: largeBytes }),
    largeBothWays: await toolCall(client, 'test_echo', { message: 'y'.repeat(largeBytes) }),
    mixed: await toolCall(client, 'test_multiple_content_types'),
    // Its result is the token that the server saw: over stdio a tunnel gives it a token of its own.
    progress: (await toolCall(client, 'test_tool_with_progress')).progress,
    fails: await toolCall(client, 'test_error_handling'),
    unknownTool: await toolCall(client, 'no_such_tool'),
    badArguments: await toolCall(client, 'test_echo', { message: 7 }),
    prompt: await outcome(
      client.getPrompt({ name: 'test_prompt_with_arguments', arguments: { arg1: 'a', arg2: 'b' } }),
    ),
    badPrompt: await outcome(client.getPrompt({ name: 'no_such_prompt' })),
    text: await outcome(client.readResource({ uri: 'test://static-text' })),
    binary: await outcome(client.readResource({ uri: 'test://static-binary' })),
    template: await outcome(client.readResource({ uri: 'test://template/42/data' })),
    badResource: await outcome(client.readResource({ uri: 'test://nowhere' })),
    cancelled: await cancelledCall(client, 'test_wait_for_cancel'),
  };
}
