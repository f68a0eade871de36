import type { GraphqlOperations } from './graphql/operations.ts';
import type { Template } from './template.ts';

/** Where a target came from and what it is for; tags are lower case and sorted. */
export interface TargetInfo {
  readonly label: string;
  readonly description?: string;
  readonly category?: string;
  readonly source?: string;
  readonly tags?: readonly string[];
}

/** Limits of one target, within those of Harpoon as a whole. */
export interface TargetLimits {
  readonly allowedMethods?: readonly string[];
  readonly maxRequestBytes?: number;
  readonly maxResponseBytes?: number;
  readonly timeoutMs?: number;
}

/** One address that callers may have called, by its label alone. */
export interface ExactTarget extends TargetInfo, TargetLimits {
  readonly kind: 'exact';
  readonly url: URL;
  /** As it was written: what OAuth clients must name as audience. */
  readonly written: string;
  readonly unixSocket?: string;
  /** Paths below the address may be called as well (`http_callout`). */
  readonly allowsPaths?: boolean;
  /** Its listed operations may be run, and there is no other way to it. */
  readonly graphql?: GraphqlOperations;
}

/** One operation whose address is made from checked parameters. */
export interface TemplateTarget extends TargetInfo {
  readonly kind: 'template';
  readonly template: Template;
}

export type Target = ExactTarget | TemplateTarget;

const labelPattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;
/** What discovery may add; configured targets are few. */
const mostTargets = 10_000;

export const isLabel = (label: string): boolean => labelPattern.test(label);

/** Scheme and host in lower case; nothing else of an address is the same in another spelling. */
export const addressKey = (url: URL): string => url.href;

/** Whether a segment of the path leads elsewhere than it says, in any encoding. */
export function hasTraversal(path: string): boolean {
  return path.split('/').some((segment) => {
    try {
      const plain = decodeURIComponent(segment);
      return plain === '.' || plain === '..' || plain.includes('\\');
    } catch {
      return true;
    }
  });
}

/** The targets that callers may name, in the order in which they were added. */
export class Registry {
  readonly #targets = new Map<string, Target>();
  readonly #listeners = new Set<() => void>();
  readonly #allowPlaintext: boolean;

  constructor(allowPlaintext: boolean) {
    this.#allowPlaintext = allowPlaintext;
  }

  get size(): number {
    return this.#targets.size;
  }

  get targets(): readonly Target[] {
    return [...this.#targets.values()];
  }

  /** False, and nothing is added, when the label or the address is taken or cannot be used. */
  add(target: Target): boolean {
    if (!isLabel(target.label) || this.#targets.has(target.label) || this.#targets.size >= mostTargets) return false;
    if (target.kind === 'exact' && !this.#isUsable(target.url)) return false;
    this.#targets.set(target.label, target);
    for (const listener of this.#listeners) listener();
    return true;
  }

  remove(label: string): void {
    if (this.#targets.delete(label)) for (const listener of this.#listeners) listener();
  }

  get(label: string): Target | undefined {
    return this.#targets.get(label);
  }

  /** The target whose address this is, exactly. */
  at(url: URL): ExactTarget | undefined {
    if (!this.#isUsable(url)) return undefined;
    const key = addressKey(url);
    for (const target of this.#targets.values())
      if (target.kind === 'exact' && addressKey(target.url) === key) return target;
    return undefined;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #isUsable(url: URL): boolean {
    if (url.protocol !== 'https:' && !(this.#allowPlaintext && url.protocol === 'http:')) return false;
    return url.username === '' && url.password === '' && !hasTraversal(url.pathname);
  }
}
