import type { CommandDescription } from '../../shared/draft.ts';
import { describe } from '../../shared/messages.ts';
import { revealed } from '../../shared/printable.ts';
import { Facts } from '../overview/node-facts.tsx';
import { t } from '../strings.ts';
import { Prose } from './prose.tsx';

const words = t.overview.consent;

/** What would run, in full: nothing is shortened, since this is what a person agrees to. */
export function CommandFacts({ command }: { readonly command: CommandDescription }) {
  const { program, args, cwd, env, error } = command;
  return (
    <div className="stack">
      <Facts
        facts={[
          program === undefined ? undefined : [words.program, <code key="program">{revealed(program)}</code>],
          [
            words.args,
            args.length === 0 ? (
              words.none
            ) : (
              <span key="args" className="args">
                {args.map((arg, index) => (
                  <code key={index}>{arg === '' ? '""' : revealed(arg)}</code>
                ))}
              </span>
            ),
          ],
          [words.folder, <code key="folder">{revealed(cwd)}</code>],
          [
            words.env,
            env.length === 0 ? (
              words.nothingMore
            ) : (
              <span key="env" className="args">
                {env.map(({ name, source }) => (
                  <span key={name}>
                    <code>{revealed(name)}</code> {source !== 'plain' && <small>{words.sources[source]}</small>}
                  </span>
                ))}
              </span>
            ),
          ],
        ]}
      />
      {error && (
        <p className="problem" role="alert">
          <b>{describe(error).title}.</b> <Prose text={`${describe(error).cause} ${describe(error).next}`} />
        </p>
      )}
    </div>
  );
}
