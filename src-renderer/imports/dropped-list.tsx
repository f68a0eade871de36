import { describeDropped, needsPerson, type Dropped } from '../../shared/import-words.ts';
import { t } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';

const words = t.imports;

export interface DroppedOf {
  /** Of which server. */
  readonly title: string;
  readonly dropped: readonly Dropped[];
}

function Line({ dropped }: { readonly dropped: Dropped }) {
  const { what, why } = describeDropped(dropped);
  const needs = needsPerson(dropped);
  return (
    <li className={needs ? 'tone-warn' : 'tone-idle'}>
      <Icon name={needs ? 'alert' : 'minus'} />
      <span>
        <b>{what.replace(/^the /, 'The ')}</b> <span>{why}</span>
      </span>
    </li>
  );
}

/** What could not be taken over from other apps, each by name and with the reason; what needs a person is first. */
export function DroppedList({ of }: { readonly of: readonly DroppedOf[] }) {
  const told = of.filter(({ dropped }) => dropped.length > 0);
  if (told.length === 0) return null;
  return (
    <section className="dropped" aria-label={words.notCarried}>
      <h3>{words.notCarried}</h3>
      {told.map(({ title, dropped }) => (
        <div key={title}>
          <p className="faint small">{title}</p>
          <ul>
            {[...dropped]
              .sort((a, b) => Number(needsPerson(b)) - Number(needsPerson(a)))
              .map((each, index) => (
                <Line key={index} dropped={each} />
              ))}
          </ul>
        </div>
      ))}
    </section>
  );
}
