import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KubernetesLease } from '../../src-main/exclusive/kubernetes-lease.ts';
import { FileLease } from '../../src-main/exclusive/lease-file.ts';
import { Lease, leaseMs, type LeaseEntry, type LeaseStore } from '../../src-main/exclusive/lease.ts';
import { makeCertificate } from '../support/certificates.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { cleanUp, listen } from '../support/network.ts';

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

/** A lease in memory that several look at, and that can be out of reach of one. */
class Shared {
  entry: LeaseEntry | undefined;
  writes = 0;

  store(holder: string, way: { broken: boolean }): LeaseStore {
    const reach = async (): Promise<void> => {
      if (way.broken) throw new Error('gone');
    };
    return {
      name: 'shared',
      read: async () => {
        await reach();
        return this.entry;
      },
      write: async (previous) => {
        await reach();
        if (this.entry?.version !== previous?.version) return false;
        this.entry = { holder, place: holder, leaseMs, version: String(++this.writes) };
        return true;
      },
      release: async () => {
        if (this.entry?.holder === holder) this.entry = undefined;
      },
    };
  }
}

function group(...names: string[]) {
  const clock = new FakeClock();
  const shared = new Shared();
  const told: string[] = [];
  const members = new Map(
    names.map((name) => {
      const way = { broken: false };
      const lease = new Lease({
        store: shared.store(name, way),
        clock,
        holder: name,
        acquired: () => told.push(`${name} serves`),
        lost: () => told.push(`${name} ceases`),
        standingBy: (place) => told.push(`${name} stands by ${place}`),
        failed: () => told.push(`${name} fails`),
      });
      return [name, { lease, way }] as const;
    }),
  );
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 250) {
      clock.pass(250);
      await settle();
    }
  };
  const member = (name: string) => members.get(name)!;
  return { clock, shared, told, member, pass };
}

describe('a lease', () => {
  it('has one holder; the other stands by and takes over a second after it was given back', async () => {
    const { told, member, pass } = group('a', 'b');
    member('a').lease.start();
    await pass(250);
    member('b').lease.start();
    await pass(60_000);
    expect(told).toEqual(['a serves', 'b stands by a']);
    await member('a').lease.stop();
    await pass(1_250);
    expect(told.at(-1)).toBe('b serves');
  });

  it('is taken over within seconds from a holder that says nothing any more, which has ceased before', async () => {
    const { told, member, pass } = group('a', 'b');
    member('a').lease.start();
    await pass(250);
    member('b').lease.start();
    await pass(10_000);
    member('a').way.broken = true;
    await pass(9_000);
    expect(told).toEqual(['a serves', 'b stands by a', 'a fails', 'a ceases', 'b serves']);
    member('a').way.broken = false;
    await pass(10_000);
    expect(told.at(-1)).toBe('a stands by b');
  });

  it('that somebody else has taken is noticed, and given up', async () => {
    const { told, member, pass, shared } = group('a');
    member('a').lease.start();
    await pass(250);
    shared.entry = { holder: 'x', place: 'x', leaseMs, version: 'x' };
    await pass(2_500);
    expect(told.slice(0, 2)).toEqual(['a serves', 'a ceases']);
  });
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'culvert-'));
  cleanUp(() => rm(path, { recursive: true }));
  return path;
}

describe('a lease file', () => {
  it('is made by one alone, written anew by its holder, and gone once it is given back', async () => {
    const path = await folder();
    const file = join(path, 'deep', 't.lease');
    const [a, b] = [new FileLease(file, 'a', 'host a'), new FileLease(file, 'b', 'host b')];
    expect(await a.read()).toBeUndefined();
    expect([await a.write(undefined), await b.write(undefined)]).toEqual([true, false]);
    const first = await b.read();
    expect(first).toMatchObject({ holder: 'a', place: 'host a', leaseMs });
    expect(await a.write(first)).toBe(true);
    expect((await b.read())?.version).not.toBe(first?.version);
    expect(await b.write(first)).toBe(false);
    await b.release();
    expect((await a.read())?.holder).toBe('a');
    await a.release();
    expect(await readdir(join(path, 'deep'))).toEqual([]);
  });

  it('that two take over at once is had by one', async () => {
    const file = join(await folder(), 't.lease');
    await new FileLease(file, 'dead', 'x').write(undefined);
    const [a, b] = [new FileLease(file, 'a', 'a'), new FileLease(file, 'b', 'b')];
    const before = await a.read();
    expect((await Promise.all([a.write(before), b.write(before)])).filter(Boolean)).toHaveLength(1);
  });

  it('that holds something else is somebody’s, as long as it changes', async () => {
    const file = join(await folder(), 't.lease');
    await writeFile(file, 'nonsense');
    const a = new FileLease(file, 'a', 'a');
    const entry = await a.read();
    expect(entry).toMatchObject({ holder: '?', leaseMs });
    expect(await a.write(entry)).toBe(true);
    expect((await a.read())?.holder).toBe('a');
  });
});

describe('a Kubernetes lease', () => {
  it('is made, renewed, refused to who was later, and given back, over the cluster’s own authority', async () => {
    const authority = makeCertificate({ commonName: 'cluster' });
    const { key, cert } = makeCertificate({ commonName: 'api', hosts: ['127.0.0.1'], issuer: authority });
    let lease: { metadata: { resourceVersion: string }; spec: Record<string, unknown> } | undefined;
    let version = 0;
    let status = 0;
    const server = createServer({ key, cert }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = chunks.length > 0 ? (JSON.parse(Buffer.concat(chunks).toString()) as typeof lease) : undefined;
        const own = request.url === '/apis/coordination.k8s.io/v1/namespaces/team/leases/culvert-t';
        const good = request.headers.authorization === 'Bearer token-1';
        const conflict =
          request.method === 'POST' ? lease : lease?.metadata.resourceVersion !== body?.metadata.resourceVersion;
        let answer = status || (!good ? 401 : request.method !== 'POST' && !own ? 404 : 200);
        if (answer === 200 && request.method === 'GET' && !lease) answer = 404;
        if (answer === 200 && request.method !== 'GET') {
          if (conflict) answer = 409;
          else lease = { ...body!, metadata: { ...body!.metadata, resourceVersion: String(++version) } };
        }
        response.writeHead(answer).end(answer === 200 ? JSON.stringify(lease) : '{}');
      });
    });
    const { port } = await listen(server);
    const account = await folder();
    for (const [name, text] of [
      ['token', 'token-1\n'],
      ['ca.crt', authority.cert],
      ['namespace', 'team'],
    ] as const)
      await writeFile(join(account, name), text);
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: port };
    const [a, b] = ['a', 'b'].map((name) => new KubernetesLease('culvert-t', name, `pod-${name}`, env, account)) as [
      KubernetesLease,
      KubernetesLease,
    ];
    expect(await a.read()).toBeUndefined();
    expect(await a.write(undefined)).toBe(true);
    expect(await b.write(undefined)).toBe(false);
    const seen = await b.read();
    expect(seen).toMatchObject({ holder: 'a', place: 'pod-a', leaseMs });
    expect(await a.write(await a.read())).toBe(true);
    expect(await b.write(seen)).toBe(false);
    expect(lease!.spec).toMatchObject({ leaseDurationSeconds: 6, leaseTransitions: 0 });
    await b.release();
    await a.release();
    expect(await b.read()).toMatchObject({ holder: '' });
    expect(await b.write(await b.read())).toBe(true);
    expect(lease!.spec).toMatchObject({ holderIdentity: 'b @ pod-b', leaseTransitions: 1 });
    status = 403;
    await expect(b.read()).rejects.toThrow('get, create and update on leases.coordination.k8s.io');
  });
});
