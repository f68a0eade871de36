import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import { call } from '../api.ts';
import { t } from '../strings.ts';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { tintFilter } from './filter-tint.ts';
import { suggest, wordAt, type KnownValues } from './suggest.ts';

const words = t.traces.filter;
const nothingKnown: KnownValues = { tunnels: [], channels: [], methods: [], tools: [] };
const settleMs = 150;

interface Props {
  readonly query: string;
  readonly onChange: (query: string) => void;
}

/** The query with its fields coloured, and what could come next. It is searched when the typing pauses. */
export function FilterField({ query, onChange }: Props) {
  const [text, setText] = useState(query);
  const [sent, setSent] = useState(query);
  if (query !== sent) {
    setSent(query);
    setText(query);
  }
  const [caret, setCaret] = useState(0);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const [known, setKnown] = useState(nothingKnown);
  const input = useRef<HTMLInputElement>(null);
  const tint = useRef<HTMLDivElement>(null);
  const listId = useId();
  const wantedCaret = useRef<number>(undefined);
  // before the next key: later it would be put into the midst of what was typed since
  useLayoutEffect(() => {
    if (wantedCaret.current !== undefined) input.current?.setSelectionRange(wantedCaret.current, wantedCaret.current);
    wantedCaret.current = undefined;
  });

  useEffect(() => {
    if (text === sent) return;
    const timer = setTimeout(() => {
      setSent(text);
      onChange(text);
    }, settleMs);
    return () => clearTimeout(timer);
  }, [text, sent, onChange]);

  const { start, word } = wordAt(text, caret);
  const options = open ? suggest(word, known) : [];
  const learn = (): void => {
    void call('traces.values').then((reply) => reply.ok && setKnown(reply.value));
  };
  const type = (value: string, place: number): void => {
    setText(value);
    setCaret(place);
    setOpen(true);
    setAt(-1);
  };
  const accept = (insert: string): void => {
    const next = text.slice(0, start) + insert + text.slice(caret).trimStart();
    type(next, start + insert.length);
    wantedCaret.current = start + insert.length;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const chosen = options[Math.max(at, 0)];
    if (event.key === 'ArrowDown' && options.length > 0) setAt((at + 1) % options.length);
    else if (event.key === 'ArrowUp' && options.length > 0)
      setAt((at + options.length - (at < 0 ? 0 : 1)) % options.length);
    else if (event.key === 'Tab' && !event.shiftKey && chosen) accept(chosen.insert);
    else if (event.key === 'Enter') {
      if (chosen && at >= 0) accept(chosen.insert);
      else setOpen(false);
    } else if (event.key === 'Escape') {
      if (options.length > 0) setOpen(false);
      else if (text !== '') type('', 0);
      else input.current?.blur();
    } else return;
    event.preventDefault();
  };
  return (
    <div className="filter-field">
      <Icon name="search" />
      <div className="filter-text">
        <div ref={tint} className="tint" aria-hidden="true">
          {tintFilter(text).map((piece, index) => (
            <span key={index} className={piece.kind}>
              {piece.text}
            </span>
          ))}
        </div>
        <input
          ref={input}
          data-filter
          role="combobox"
          aria-label={words.label}
          aria-expanded={options.length > 0}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={at >= 0 ? `${listId}-${at}` : undefined}
          placeholder={words.placeholder}
          spellCheck={false}
          autoComplete="off"
          value={text}
          onFocus={learn}
          onBlur={() => setOpen(false)}
          onChange={(event) => type(event.target.value, event.target.selectionStart ?? event.target.value.length)}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
          onScroll={(event) => tint.current?.scrollTo(event.currentTarget.scrollLeft, 0)}
          onKeyDown={onKeyDown}
        />
      </div>
      {text !== '' && <IconButton icon="close" label={words.clear} onPress={() => type('', 0)} />}
      <ul
        id={listId}
        className="suggestions menu"
        role="listbox"
        aria-label={words.suggestions}
        hidden={options.length === 0}
      >
        {options.map(({ insert, hint }, index) => (
          <li
            key={insert}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === at}
            data-focused={index === at || undefined}
            onMouseDown={(event) => {
              event.preventDefault();
              accept(insert);
            }}
          >
            <code>{insert.trim()}</code>
            <span className="faint">{hint}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
