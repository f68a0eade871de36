import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import type { Transform } from 'node:stream';
import type { HeaderList } from '../../shared/trace.ts';
import { headerValue } from './http-headers.ts';

/** The `Content-Encoding` of an answer in lower case; undefined where the body is as it is. */
export function encodingOf(headers: HeaderList): string | undefined {
  const encoding = headerValue(headers, 'content-encoding')?.trim().toLowerCase();
  return encoding === undefined || encoding === '' || encoding === 'identity' ? undefined : encoding;
}

/** The headers of an answer whose body was decoded: what described the encoded bytes is gone. */
export const withoutEncoding = (headers: HeaderList): HeaderList =>
  headers.filter(([name]) => !/^content-(?:encoding|length)$/i.test(name));

export interface DecoderParts {
  onData(chunk: Buffer): void;
  onEnd(): void;
  /** The bytes are not in this encoding, or end in the middle. */
  onError(): void;
}

// Servers flush after each event: what can be decoded is handed on at once.
const zlibOptions = { flush: constants.Z_SYNC_FLUSH };
const brotliOptions = { flush: constants.BROTLI_OPERATION_FLUSH };

/** RFC 9110 means zlib's format by `deflate`; some servers send it bare. The first byte tells them apart (RFC 1950, 2.2). */
const inflaterFor = (first: number): Transform =>
  (first & 0x0f) === 8 ? createInflate(zlibOptions) : createInflateRaw(zlibOptions);

/** Decodes a body that came encoded although nobody asked for it. Whoever takes its output must bound it: 1 KiB may become 1 MiB. */
export class BodyDecoder {
  readonly #encoding: string;
  readonly #parts: DecoderParts;
  #stream: Transform | undefined;
  #over = false;

  /** Undefined for an encoding that is not known. */
  static for(encoding: string, parts: DecoderParts): BodyDecoder | undefined {
    return /^(?:x-gzip|gzip|deflate|br)$/.test(encoding) ? new BodyDecoder(encoding, parts) : undefined;
  }

  private constructor(encoding: string, parts: DecoderParts) {
    this.#encoding = encoding;
    this.#parts = parts;
  }

  /** Encoded bytes that wait to be decoded. */
  get pendingBytes(): number {
    return this.#stream?.writableLength ?? 0;
  }

  push(chunk: Buffer): void {
    if (this.#over || chunk.length === 0) return;
    this.#stream ??= this.#open(chunk[0] ?? 0);
    this.#stream.write(chunk);
  }

  /** The encoded body is complete; `onEnd` or `onError` follows. */
  end(): void {
    if (this.#stream) this.#stream.end();
    else this.#finish(() => this.#parts.onEnd());
  }

  /** Nothing is told from now on. */
  stop(): void {
    this.#over = true;
    this.#stream?.destroy();
  }

  #open(first: number): Transform {
    const stream =
      this.#encoding === 'br'
        ? createBrotliDecompress(brotliOptions)
        : this.#encoding === 'deflate'
          ? inflaterFor(first)
          : createGunzip(zlibOptions);
    stream.on('data', (chunk: Buffer) => {
      if (!this.#over) this.#parts.onData(chunk);
    });
    stream.on('end', () => this.#finish(() => this.#parts.onEnd()));
    stream.on('error', () => this.#finish(() => this.#parts.onError()));
    return stream;
  }

  #finish(tell: () => void): void {
    if (this.#over) return;
    this.#over = true;
    tell();
  }
}
