// A stdio server that costs next to nothing. argv: size of the answers, milliseconds it takes.
import { answer, answerTail } from './message.mjs';

const [size, delay] = [Number(process.argv[2]), Number(process.argv[3])];
const tail = answerTail(size);
const lineEnd = Buffer.from('\n');
let held = [];

function line(bytes) {
  const body = answer(bytes, tail);
  if (!body) return;
  const out = Buffer.concat([body, lineEnd]);
  if (delay > 0) setTimeout(() => process.stdout.write(out), delay);
  else process.stdout.write(out);
}

process.stdin.on('data', (chunk) => {
  let start = 0;
  for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
    held.push(chunk.subarray(start, end));
    line(held.length === 1 ? held[0] : Buffer.concat(held));
    held = [];
    start = end + 1;
  }
  if (start < chunk.length) held.push(chunk.subarray(start));
});
process.stdin.on('end', () => process.exit());
