import type { ManagedTunnel } from '../../shared/managed-tunnel.ts';
import { copyText } from '../copy.ts';
import { lookOf } from '../overview/look.ts';
import { hrefOf } from '../route.ts';
import { t } from '../strings.ts';
import { IconButton } from '../ui/button.tsx';
import { MoreMenu } from '../ui/menu.tsx';
import { Chip } from '../ui/tone.tsx';
import { nameOf, ownersOf, type LocalUse } from './tunnel-words.ts';

const words = t.tunnels;

interface Props {
  readonly tunnel: ManagedTunnel;
  readonly uses: readonly LocalUse[];
  readonly onEdit: () => void;
  readonly onConnect: () => void;
  readonly onDelete: () => void;
}

/** A tunnel of the control plane by its name, whose it is, and what of this machine is set up with it. */
export function TunnelRow({ tunnel, uses, onEdit, onConnect, onDelete }: Props) {
  const { id, description, creator } = tunnel;
  const name = nameOf(tunnel);
  const about = [ownersOf(tunnel), creator === undefined ? undefined : words.by(creator)].filter(Boolean).join(' · ');
  return (
    <li className="row tunnel-row">
      <div className="grow">
        <span className="tunnel-line">
          <b className="row-name">{name}</b>
          {description.trim() !== '' && (
            <span className="tunnel-about" title={description}>
              {description}
            </span>
          )}
        </span>
        <span className="tunnel-line">
          <span className="tunnel-id">
            <code>{id}</code>
            <IconButton icon="copy" label={words.copyId(name)} onPress={() => void copyText(id)} />
          </span>
          <span className="tunnel-owners" title={about}>
            {about}
          </span>
        </span>
      </div>
      {uses.length > 0 && (
        <div className="tunnel-uses">
          <span className="faint small">{words.usedBy}</span>
          {uses.map(({ profile, view }) => {
            const look = view && lookOf(view);
            return (
              <span key={profile.id} className="row-gap">
                <a href={hrefOf({ page: 'profiles', item: profile.id })}>{profile.name}</a>
                {look && <Chip tone={look.tone}>{look.word}</Chip>}
              </span>
            );
          })}
        </div>
      )}
      <MoreMenu
        label={t.more(name)}
        entries={[
          { label: words.menu.edit, icon: 'profiles', onAction: onEdit },
          { label: words.menu.connect, icon: 'plus', onAction: onConnect },
          { label: words.menu.copyId, icon: 'copy', onAction: () => void copyText(id) },
          '-',
          { label: words.menu.delete, icon: 'trash', danger: true, onAction: onDelete },
        ]}
      />
    </li>
  );
}
