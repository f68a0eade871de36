import { Button as AriaButton } from 'react-aria-components';
import { describe } from '../../shared/messages.ts';
import type { Problem } from '../../shared/profile-editor.ts';
import { t } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';
import { Prose } from '../ui/prose.tsx';

const words = t.profiles.editor;

interface Props {
  readonly problems: readonly Problem[];
  readonly onPick: (problem: Problem) => void;
}

/** The list itself says where in the text: with that, and the file's whole path, the sentence would say it twice. */
function placedAlready({ params, ...error }: Problem['error']): Problem['error'] {
  const place = new Set(['file', 'line', 'column']);
  const others = Object.entries(params).filter(([name]) => !place.has(name));
  return { ...error, params: { ...Object.fromEntries(others), file: words.thisText } };
}

/** What is wrong where; one leads to its place in the text. */
export function ProblemList({ problems, onPick }: Props) {
  if (problems.length === 0)
    return (
      <p className="problems none tone-ok" role="status">
        <Icon name="check" /> <span className="muted">{words.noProblems}</span>
      </p>
    );
  return (
    <ul className="problems" aria-label={words.problems(problems.length)} aria-live="polite">
      {problems.map((problem, index) => {
        const { title, cause, next } = describe(placedAlready(problem.error));
        return (
          <li key={index} className={problem.severity === 'error' ? 'tone-fault' : 'tone-warn'}>
            <AriaButton className="row-press" onPress={() => onPick(problem)}>
              <Icon name="alert" />
              <span className="grow">
                <b>{words.place(problem.line, problem.column)}:</b> {title}.{' '}
                <span className="muted">
                  <Prose text={`${cause} ${next}`} />
                </span>
              </span>
            </AriaButton>
          </li>
        );
      })}
    </ul>
  );
}
