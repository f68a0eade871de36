import { parseFilter, statusWords } from '../../shared/trace-filter.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { FilterField } from './filter-field.tsx';
import { SavedFilters } from './saved-filters.tsx';
import { hasTerm, toggleTerm } from './suggest.ts';

const words = t.traces.filter;
const errors = 'status:error';
const slow = 'duration:>500ms';

interface Props {
  readonly query: string;
  readonly onChange: (query: string) => void;
}

export function FilterBar({ query, onChange }: Props) {
  const [problem] = parseFilter(query).problems;
  const word = problem && query.slice(problem.start, problem.end);
  return (
    <div className="filter" role="search">
      <FilterField query={query} onChange={onChange} />
      <Button
        on={hasTerm(query, errors)}
        aria-pressed={hasTerm(query, errors)}
        onPress={() => onChange(toggleTerm(query, errors))}
      >
        {words.errors}
      </Button>
      <Button
        on={hasTerm(query, slow)}
        aria-pressed={hasTerm(query, slow)}
        onPress={() => onChange(toggleTerm(query, slow))}
      >
        {words.slow}
      </Button>
      <SavedFilters query={query} onChange={onChange} />
      {problem && word !== undefined && (
        <p className="filter-problem" role="status">
          {problem.kind === 'unknown-status'
            ? words.problems[problem.kind](word, statusWords.join(', '))
            : words.problems[problem.kind](word)}
        </p>
      )}
    </div>
  );
}
