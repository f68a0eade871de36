// What every part of the bench agrees on: one call and its answer, of a given size.

/** A `tools/call` with that id whose text makes the message about `size` bytes long. */
export const callText = (size) =>
  'All work and no play makes a dull tunnel. '.repeat(Math.ceil(size / 42)).slice(0, size);

export const call = (id, text) =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":{"text":"${text}"}}}`;

/** The bytes of an answer after its id. */
export const answerTail = (size) => Buffer.from(`,"result":{"content":[{"type":"text","text":"${callText(size)}"}]}}`);

const initialized = Buffer.from(
  ',"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"bench","version":"1"}}}',
);

/** Answers a message: undefined for a notification. Looks at its first bytes only, as the server must not be what is measured. */
export function answer(message, tail) {
  const head = message.toString('latin1', 0, 240);
  const id = /"id":\s*("[^"]*"|\d+)/.exec(head)?.[1];
  if (id === undefined) return undefined;
  const rest = head.includes('"tools/call"') ? tail : initialized;
  return Buffer.concat([Buffer.from(`{"jsonrpc":"2.0","id":${id}`), rest]);
}
