import { memo, useEffect, useRef } from 'react';
import type { Problem } from '../../shared/profile-editor.ts';
import { describe } from '../../shared/messages.ts';
import { t } from '../strings.ts';
import { tintYaml } from './yaml-tint.ts';

const words = t.profiles.editor;
const lineHeight = 20;

interface Props {
  readonly text: string;
  readonly problems: readonly Problem[];
  /** A place to move the caret to. */
  readonly aim: { readonly line: number; readonly column: number } | undefined;
  readonly onChange: (text: string) => void;
}

const TintedLine = memo(function TintedLine({ text, tone }: { readonly text: string; readonly tone: string }) {
  return (
    <div className={tone}>
      {tintYaml(text).map((piece, index) => (
        <span key={index} className={piece.kind}>
          {piece.text}
        </span>
      ))}
      {'\n'}
    </div>
  );
});

/** The text with line numbers, coloured, its mistakes marked where they are. */
export function YamlField({ text, problems, aim, onChange }: Props) {
  const area = useRef<HTMLTextAreaElement>(null);
  const under = useRef<HTMLDivElement>(null);
  const lines = text.split('\n');
  const byLine = new Map(problems.map((problem) => [problem.line, problem]));
  useEffect(() => {
    if (!aim || !area.current) return;
    const before = area.current.value.split('\n').slice(0, aim.line - 1);
    const at = before.reduce((sum, each) => sum + each.length + 1, 0) + aim.column - 1;
    area.current.focus();
    area.current.setSelectionRange(at, at);
    area.current.scrollTop = Math.max(0, (aim.line - 5) * lineHeight);
  }, [aim]);
  const follow = (): void => {
    if (area.current) under.current?.scrollTo(area.current.scrollLeft, area.current.scrollTop);
  };
  const toneOf = (line: number): string => {
    const problem = byLine.get(line);
    return problem ? (problem.severity === 'error' ? 'bad' : 'doubtful') : '';
  };
  return (
    <div className="yaml">
      <div ref={under} className="yaml-under" aria-hidden="true">
        <div className="gutter">
          {lines.map((_, index) => {
            const problem = byLine.get(index + 1);
            return (
              <div key={index} className={toneOf(index + 1)} title={problem && describe(problem.error).title}>
                {index + 1}
              </div>
            );
          })}
        </div>
        <div className="tinted">
          {lines.map((line, index) => (
            <TintedLine key={index} text={line} tone={toneOf(index + 1)} />
          ))}
        </div>
      </div>
      <textarea
        ref={area}
        aria-label={words.text}
        aria-invalid={problems.length > 0}
        spellCheck={false}
        autoComplete="off"
        wrap="off"
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onScroll={follow}
        onKeyDown={(event) => {
          // Tab moves on, as everywhere; two blanks are typed with Ctrl+] in their place.
          if (event.key !== ']' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          const { selectionStart, selectionEnd } = event.currentTarget;
          event.currentTarget.setRangeText('  ', selectionStart, selectionEnd, 'end');
          onChange(event.currentTarget.value);
        }}
      />
    </div>
  );
}
