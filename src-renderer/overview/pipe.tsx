import type { ReactNode } from 'react';
import { Button, Dialog, DialogTrigger, Popover } from 'react-aria-components';
import type { TunnelView } from '../../shared/app.ts';
import { t } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';
import { toneIcons, type Tone } from '../ui/tone.tsx';
import { AppFacts, CallerFacts, ControlPlaneFacts, ServerFacts } from './node-facts.tsx';
import { pipeOf, type PipeNode } from './pipe-model.ts';

/** Opens to what is known about the layer. */
function Node({ node, facts, tag }: { readonly node: PipeNode; readonly facts: ReactNode; readonly tag?: string }) {
  return (
    <DialogTrigger>
      <Button className={`hop tone-${node.tone}`}>
        <span className="dot">
          <Icon name={toneIcons[node.tone]} />
        </span>
        <span className="words">
          <b className="clip">{node.name}</b>
          <small className="clip">
            {tag !== undefined && <span className="tag">{tag}</span>}
            {node.detail}
          </small>
        </span>
      </Button>
      <Popover className="popover" placement="bottom">
        <Dialog className="node-facts" aria-label={node.name}>
          {facts}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

const Edge = ({ tone }: { readonly tone: Tone }) => <span className={`edge tone-${tone}`} aria-hidden="true" />;

/** The four layers a call crosses, the broken one and the stretch before it in red. */
export function Pipe({ view, now }: { readonly view: TunnelView; readonly now: number }) {
  const { caller, controlPlane, app, servers, edges } = pipeOf(view, now);
  const several = servers.length > 1;
  return (
    <div className={`pipe${several ? ' fans' : ''}`} role="group" aria-label={t.overview.pipe}>
      <Node node={caller} facts={<CallerFacts view={view} />} />
      <Edge tone={edges[0]} />
      <Node node={controlPlane} facts={<ControlPlaneFacts view={view} />} />
      <Edge tone={edges[1]} />
      <Node node={app} facts={<AppFacts view={view} />} />
      <Edge tone={edges[2]} />
      <div className="servers">
        {servers.map((server) => {
          const channel = view.snapshot.channels.find(({ name }) => name === server.channel);
          return (
            <Node
              key={server.channel}
              node={server}
              {...(several ? { tag: server.channel } : {})}
              facts={channel && <ServerFacts channel={channel} />}
            />
          );
        })}
      </div>
    </div>
  );
}
