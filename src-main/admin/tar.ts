import { gzipSync } from 'node:zlib';

const block = 512;

/** A gzipped tar (ustar) of small text files; names up to 100 bytes. `at`: wall-clock milliseconds. */
export function tarGz(files: readonly (readonly [name: string, text: string])[], at: number): Buffer {
  const parts = files.flatMap(([name, text]) => {
    const body = Buffer.from(text);
    return [header(name, body.length, at), body, Buffer.alloc((block - (body.length % block)) % block)];
  });
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * block)]));
}

function header(name: string, size: number, at: number): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  bytes.write(name, 0, 100);
  bytes.write(octal(0o600, 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(Math.floor(at / 1_000), 12), 136);
  bytes.write('        0', 148);
  bytes.write('ustar\u000000', 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}
