/** Below this a copy costs less than the room. */
const worthBytes = 64 * 1024;
/** What an envelope puts before and after a message, unless its headers are very long. */
const roomBefore = 1024;
const roomAfter = 4096;

/** Memory that was made here, whose room is nobody else's. */
const roomy = new WeakSet<ArrayBufferLike>();

/** A buffer for a message of `size` bytes; a long one has room on both sides, so that `wrap` needs no copy of it. */
export function allocateMessage(size: number): Buffer {
  if (size < worthBytes) return Buffer.allocUnsafe(size);
  const whole = Buffer.allocUnsafeSlow(roomBefore + size + roomAfter);
  roomy.add(whole.buffer);
  return whole.subarray(roomBefore, roomBefore + size);
}

/** `before`, the message and `after` as one buffer: around the message where it has room, else a copy. The message's bytes stay as they are. */
export function wrap(before: string, message: Buffer, after: string): Buffer {
  const [beforeBytes, afterBytes] = [Buffer.byteLength(before), Buffer.byteLength(after)];
  const { buffer, byteOffset, length } = message;
  const size = beforeBytes + length + afterBytes;
  // of a part of a message what lies around it may still be wanted
  const isWhole = byteOffset === roomBefore && length === buffer.byteLength - roomBefore - roomAfter;
  const fits = isWhole && roomy.has(buffer) && beforeBytes <= roomBefore && afterBytes <= roomAfter;
  const out = fits ? Buffer.from(buffer, roomBefore - beforeBytes, size) : Buffer.allocUnsafe(size);
  out.write(before, 0);
  if (!fits) message.copy(out, beforeBytes);
  out.write(after, beforeBytes + length);
  return out;
}
