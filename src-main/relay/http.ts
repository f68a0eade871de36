import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from './api-error.ts';

/** What is read of a body that is too large, so that its sender sees the answer rather than a connection that breaks. */
const mostDiscarded = 4;

/** Reads a whole request body; rejects with 413 past `limit` bytes, and never settles once the caller is gone. */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = (): void =>
      reject(
        new ApiError(413, 'request_body_too_large', `The body is larger than ${limit} bytes.`, {
          headers: { Connection: 'close' },
        }),
      );
    if (Number(request.headers['content-length'] ?? 0) > limit * mostDiscarded) {
      tooLarge();
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else chunks.length = 0;
      if (size > limit * mostDiscarded) tooLarge();
    });
    request.once('end', () => {
      if (size > limit) return tooLarge();
      const [first] = chunks;
      resolve(first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks));
    });
    // Gone half way: nobody is left to answer.
    request.once('error', () => undefined);
  });
}

/** Answers with JSON that is already encoded. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string | string[]>> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

export function sendError(response: ServerResponse, error: unknown): void {
  const known = error instanceof ApiError ? error : new ApiError(500, null, 'The relay failed to handle this request.');
  sendJson(response, known.status, known.body, known.headers);
}
