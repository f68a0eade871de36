import { addressKey, type ExactTarget, type Target } from './registry.ts';

/** Which role of an OAuth server a member of its metadata names: the target with that tag is preferred. */
const preferredTags: Readonly<Record<string, string>> = {
  authorization_servers: 'authorization-server',
  introspection_endpoint: 'introspection-endpoint',
  issuer: 'issuer',
  jwks_uri: 'jwks-uri',
  registration_endpoint: 'registration-endpoint',
  revocation_endpoint: 'revocation-endpoint',
  token_endpoint: 'token-endpoint',
};

const rewrittenHeaders: ReadonlySet<string> = new Set(['Content-Location', 'Link', 'Location']);

/** Says `harpoon://LABEL` in answers where they say a target's address, which the caller could not reach. */
export class Rewriter {
  readonly #targets = new Map<string, ExactTarget[]>();

  constructor(targets: readonly Target[]) {
    for (const target of targets) {
      if (target.kind !== 'exact') continue;
      const key = addressKey(target.url);
      this.#targets.set(key, [...(this.#targets.get(key) ?? []), target]);
    }
  }

  headers(headers: ReadonlyMap<string, readonly string[]>): Map<string, readonly string[]> {
    return new Map(
      [...headers].map(([name, values]) => [
        name,
        rewrittenHeaders.has(name) ? values.map((value) => this.#inText(value)) : values,
      ]),
    );
  }

  /** The body itself where nothing in it is rewritten, or it is not JSON. */
  json(body: Buffer): Buffer {
    const text = body.toString('utf8');
    if (!text.includes('http')) return body;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return body;
    }
    const changes = { count: 0 };
    const visit = (node: unknown, key: string, depth: number): unknown => {
      if (typeof node === 'string') {
        const rewritten = this.#address(node, key);
        if (rewritten !== undefined) changes.count++;
        return rewritten ?? node;
      }
      if (typeof node !== 'object' || node === null || depth > 200) return node;
      if (Array.isArray(node)) return node.map((item) => visit(item, key, depth + 1));
      return Object.fromEntries(
        Object.entries(node)
          .map(([name, item]) => [name, visit(item, name, depth + 1)] as const)
          .toSorted(([a], [b]) => (a < b ? -1 : 1)),
      );
    };
    const rewritten = visit(value, '', 0);
    return changes.count > 0 ? Buffer.from(JSON.stringify(rewritten)) : body;
  }

  #address(text: string, key: string): string | undefined {
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
    const found = this.#targets.get(addressKey(new URL(text)));
    const [first] = found ?? [];
    if (!found || !first) return undefined;
    const has = (target: ExactTarget, tag: string): boolean => target.tags?.includes(tag) === true;
    // RFC 9728: the resource stays what the metadata's address was derived from
    if (key === 'resource' && found.some((one) => has(one, 'protected-resource-metadata') && has(one, 'resource')))
      return undefined;
    const preferred = preferredTags[key];
    const target = (preferred !== undefined && found.find((one) => has(one, preferred))) || first;
    return `harpoon://${target.label}`;
  }

  #inText(value: string): string {
    return value.replace(/https?:\/\/[^\s<>"']+/g, (address) => this.#address(address, '') ?? address);
  }
}
