// A Streamable HTTP server that costs next to nothing. argv: json|sse, size of the answers, milliseconds it takes.
import { createServer } from 'node:http';
import { answer, answerTail } from './message.mjs';

const [mode, size, delay] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const tail = answerTail(size);

const server = createServer((request, response) => {
  if (request.method !== 'POST') {
    response.writeHead(404).end();
    return;
  }
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = answer(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks), tail);
    if (!body) {
      response.writeHead(202).end();
      return;
    }
    const send = () => {
      if (mode === 'sse') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('event: message\ndata: ');
        response.write(body);
        response.end('\n\n');
      } else {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
      }
    };
    if (delay > 0) setTimeout(send, delay);
    else send();
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit());
