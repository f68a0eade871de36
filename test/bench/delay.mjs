// A wire of 80 ms: holds every chunk 40 ms each way, and a new connection for the round trip its handshake would take. argv: port behind it.
import { connect, createServer } from 'node:net';

const ONE_WAY = 40;
const behind = Number(process.argv[2]);

const server = createServer({ noDelay: true }, (near) => {
  const far = connect({ port: behind, host: '127.0.0.1', noDelay: true });
  const open = performance.now() + 2 * ONE_WAY;
  const carry = (from, to) => {
    const later = (run) => setTimeout(run, Math.max(0, open - performance.now()) + ONE_WAY);
    from.on('data', (chunk) => later(() => to.writable && to.write(chunk)));
    from.on('end', () => later(() => to.end()));
    from.on('error', () => later(() => to.destroy()));
    from.on('close', () => later(() => to.destroy()));
  };
  carry(near, far);
  carry(far, near);
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit());
