import type { Evidence } from '../../shared/evidence.ts';
import { factName, saidFacts } from '../../shared/evidence-words.ts';
import { clock } from '../format.ts';
import { Facts } from '../overview/node-facts.tsx';

type FactValue = Evidence['facts'][string];

function shown(name: string, value: FactValue): string {
  if (typeof value === 'number' && name.endsWith('At')) return clock(value)[0];
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** What was seen while a check proved something: the same name once, as it was seen last. */
export function SeenFacts({ evidence }: { readonly evidence: readonly Evidence[] }) {
  const facts = new Map(
    evidence
      .flatMap((each) => Object.entries(each.facts))
      .filter(([name]) => !saidFacts.has(name) && !name.endsWith('Ms')),
  );
  if (facts.size === 0) return null;
  return (
    <Facts
      facts={[...facts].map(([name, value]) => [factName(name), <code key={name}>{shown(name, value)}</code>] as const)}
    />
  );
}
