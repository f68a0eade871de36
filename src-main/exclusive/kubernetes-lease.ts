import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { z } from 'zod';
import type { Env } from '../settings/layers.ts';
import { leaseMs, type LeaseEntry, type LeaseStore } from './lease.ts';

/** Where a pod finds its service account. */
const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';
const limitMs = 3_000;
const mostBytes = 256 * 1024;

const leaseSchema = z.object({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  spec: z.looseObject({
    holderIdentity: z.string().nullish(),
    leaseDurationSeconds: z.number().nullish(),
    leaseTransitions: z.number().nullish(),
  }),
});
type LeaseObject = z.infer<typeof leaseSchema>;

/** Whether this process is in a pod whose service account it can use. */
export const isInKubernetes = (env: Env, folder = accountFolder): boolean =>
  (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' && existsSync(join(folder, 'token'));

const separator = ' @ ';

/** A `Lease` (coordination.k8s.io/v1) in the pod's own namespace; its `resourceVersion` decides who was first. */
export class KubernetesLease implements LeaseStore {
  readonly name: string;
  readonly #base: string;
  readonly #folder: string;
  readonly #leaseName: string;
  readonly #holder: string;
  readonly #identity: string;
  #last: LeaseObject | undefined;

  constructor(leaseName: string, holder: string, place: string, env: Env, folder = accountFolder) {
    const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
    const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
    this.#base = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
    this.#folder = folder;
    this.#leaseName = leaseName;
    this.#holder = holder;
    this.#identity = `${holder}${separator}${place}`;
    this.name = `the Kubernetes lease ${leaseName}`;
  }

  async read(): Promise<LeaseEntry | undefined> {
    const { status, body } = await this.#ask('GET', this.#leaseName);
    this.#last = undefined;
    if (status === 404) return undefined;
    if (status !== 200) throw refusal(status);
    const lease = (this.#last = leaseSchema.parse(body));
    const [holder = '', place = ''] = (lease.spec.holderIdentity ?? '').split(separator);
    return {
      holder,
      place: place || holder,
      leaseMs: (lease.spec.leaseDurationSeconds ?? leaseMs / 1_000) * 1_000,
      version: lease.metadata.resourceVersion,
    };
  }

  async write(previous: LeaseEntry | undefined): Promise<boolean> {
    const last = this.#last;
    if (previous === undefined || last === undefined) return this.#put('POST', '', this.#lease(this.#identity));
    const isOurs = previous.holder === this.#holder;
    const transitions = (last.spec.leaseTransitions ?? 0) + (isOurs ? 0 : 1);
    return this.#put('PUT', this.#leaseName, this.#lease(this.#identity, last, transitions));
  }

  async release(): Promise<void> {
    const entry = await this.read();
    const last = this.#last;
    if (last === undefined || entry?.holder !== this.#holder) return;
    await this.#put('PUT', this.#leaseName, this.#lease('', last, last.spec.leaseTransitions ?? 0));
  }

  #lease(identity: string, last?: LeaseObject, leaseTransitions = 0): object {
    const now = new Date().toISOString().replace('Z', '000Z');
    const acquireTime = last?.spec.holderIdentity === identity ? last.spec['acquireTime'] : now;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...last?.metadata, name: this.#leaseName },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: leaseMs / 1_000,
        acquireTime,
        renewTime: now,
        leaseTransitions,
      },
    };
  }

  async #put(method: 'POST' | 'PUT', name: string, lease: object): Promise<boolean> {
    const { status } = await this.#ask(method, name, lease);
    if (status === 409) return false;
    if (status !== 200 && status !== 201) throw refusal(status);
    return true;
  }

  /** Token and authority are read anew each time: the cluster rotates them. */
  async #ask(method: string, name: string, body?: object): Promise<{ status: number; body: unknown }> {
    const read = (file: string): Promise<string> => readFile(join(this.#folder, file), 'utf8');
    const [token, ca, namespace] = await Promise.all([read('token'), read('ca.crt'), read('namespace')]);
    const collection = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace.trim())}/leases`;
    const url = new URL(this.#base + collection + (name === '' ? '' : `/${name}`));
    const headers = {
      authorization: `Bearer ${token.trim()}`,
      accept: 'application/json',
      ...(body && { 'content-type': 'application/json' }),
    };
    return new Promise((resolve, reject) => {
      const asking = request(url, { method, headers, ca, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= mostBytes) chunks.push(chunk);
          else asking.destroy(new Error('the answer is too large'));
        });
        response.once('error', reject);
        response.once('end', () => {
          try {
            resolve({
              status: response.statusCode ?? 0,
              body: JSON.parse(Buffer.concat(chunks).toString()) as unknown,
            });
          } catch {
            resolve({ status: response.statusCode ?? 0, body: undefined });
          }
        });
      });
      const timer = setTimeout(() => asking.destroy(new Error('the Kubernetes API does not answer')), limitMs);
      asking.once('close', () => clearTimeout(timer));
      asking.once('error', reject);
      asking.end(body && JSON.stringify(body));
    });
  }
}

const refusal = (status: number): Error =>
  new Error(
    status === 401 || status === 403
      ? 'the service account may not use leases: it needs get, create and update on leases.coordination.k8s.io'
      : `the Kubernetes API answered ${status}`,
  );
