import { useState } from 'react';
import type { Draft } from '../../shared/draft.ts';
import type { LinkKey } from '../../shared/links.ts';
import { copyText } from '../copy.ts';
import { duration } from '../format.ts';
import { go } from '../route.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/choice.tsx';
import { ExternalLink } from '../ui/external-link.tsx';
import { Icon } from '../ui/icon.tsx';
import { FirstCall } from './first-call.tsx';
import { StepFrame } from './step-frame.tsx';
import { withoutTrailing } from '../../shared/trim.ts';

const words = t.wizard.connect;
const products = ['chatgpt', 'codex', 'responses', 'agentkit', 'any'] as const;
type Product = (typeof products)[number];

const guides: Readonly<Partial<Record<Product, LinkKey>>> = {
  chatgpt: 'chatgpt-connectors',
  codex: 'codex-guide',
  responses: 'connectors-guide',
  any: 'mcp-guide',
};

const responsesTool = (tunnelId: string): string =>
  JSON.stringify({ type: 'mcp', server_label: 'my_server', tunnel_id: tunnelId }, undefined, 2);

function Copyable({ text, block = false }: { readonly text: string; readonly block?: boolean }) {
  return (
    <span className={`copyable${block ? ' block' : ''}`}>
      <code>{text}</code>
      <Button icon="copy" onPress={() => void copyText(text)}>
        {words.copyId}
      </Button>
    </span>
  );
}

/** What to click in the product that will call, with the id to copy. */
function HowTo({
  product,
  draft,
  mcpUrl,
}: {
  readonly product: Product;
  readonly draft: Draft;
  readonly mcpUrl: string;
}) {
  const told: Readonly<Record<Product, string>> = {
    chatgpt: draft.tunnelId,
    codex: draft.tunnelId,
    responses: responsesTool(draft.tunnelId),
    agentkit: draft.tunnelId,
    any: mcpUrl,
  };
  return (
    <ol className="how">
      {words.steps[product].map((step) => (
        <li key={step}>
          {step}
          {step.endsWith(':') && <Copyable text={told[product]} block={product === 'responses'} />}
        </li>
      ))}
    </ol>
  );
}

/** The last step is the product: how to connect it, and a light that turns green on the first real call. */
export function ConnectStep({ draft, keyProved }: { readonly draft: Draft; readonly keyProved: boolean }) {
  const [product, setProduct] = useState<Product>('chatgpt');
  const view = useApp((app) => app.tunnels.find(({ id }) => id === draft.id));
  const state = view?.snapshot.state.kind;
  const isUp = state === 'connected' || state === 'degraded';
  const away = view?.snapshot.roundTripMs;
  const guide = guides[product];
  const mcpUrl = view?.mcpUrl ?? `${withoutTrailing(draft.controlPlane, '/')}/v1/mcp/${draft.tunnelId}`;
  return (
    <StepFrame
      step={4}
      title={words.title(words.products[product])}
      left={guide && <ExternalLink link={guide}>{`${words.open} ${words.products[product]}`}</ExternalLink>}
      right={
        <Button kind="primary" onPress={() => go('overview', draft.id)}>
          {words.done}
        </Button>
      }
    >
      <ul className="proofs">
        <li className={isUp ? 'tone-ok' : 'tone-busy'}>
          {isUp ? <Icon name="check" /> : <span className="spinner" />}
          <span className="grow">
            {isUp ? words.up(away === undefined ? '' : words.away(duration(away))) : words.notUp}
          </span>
        </li>
        {keyProved && (
          <li className="tone-ok">
            <Icon name="check" />
            <span className="grow">{words.keyProved}</span>
          </li>
        )}
      </ul>
      <Segments
        label={words.product}
        value={product}
        onChange={setProduct}
        options={products.map((each) => [each, words.products[each]] as const)}
      />
      <HowTo product={product} draft={draft} mcpUrl={mcpUrl} />
      <FirstCall view={view} />
    </StepFrame>
  );
}
