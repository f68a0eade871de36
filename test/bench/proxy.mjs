// A proxy between the tunnel and everything else: CONNECT, and absolute form for plain HTTP.
import { Agent, createServer, request as ask } from 'node:http';
import { connect } from 'node:net';

const agent = new Agent({ keepAlive: true });

const server = createServer((request, response) => {
  const { hostname, port, pathname } = new URL(request.url);
  const onward = ask({ agent, host: hostname, port, path: pathname, method: request.method, headers: request.headers });
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode, answer.rawHeaders);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
});
server.on('connect', (request, near) => {
  const [host, port] = request.url.split(':');
  const far = connect({ host, port, noDelay: true }, () => {
    near.write('HTTP/1.1 200 OK\r\n\r\n');
    near.pipe(far).pipe(near);
  });
  for (const [one, other] of [
    [near, far],
    [far, near],
  ]) {
    one.on('error', () => other.destroy()).on('close', () => other.destroy());
  }
});
server.keepAliveTimeout = 120_000;
server.requestTimeout = 0;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit());
