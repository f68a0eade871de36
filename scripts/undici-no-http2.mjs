// In place of undici's HTTP/2 client, see undici-http1.mjs.
export default function noHttp2() {
  throw new Error('HTTP/2 is not built in');
}
