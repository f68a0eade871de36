/** The bytes without a UTF-8 byte order mark at their beginning: JSON may not have one, and some servers write it all the same (RFC 8259, 8.1). */
export const withoutBom = (bytes: Buffer): Buffer =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
