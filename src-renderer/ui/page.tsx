import { useEffect, useRef, type ReactNode } from 'react';

interface Props {
  readonly title: string;
  /** The page in one sentence. */
  readonly say?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** The page scrolls by itself; otherwise its parts do. */
  readonly scrolls?: boolean;
}

export function Page({ title, say, actions, children, scrolls = true }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Culvert`;
    // A new page starts at its heading, for the eye and for the screen reader; a click in it moves on from there.
    heading.current?.focus();
  }, [title]);
  return (
    <main className={`page${scrolls ? ' scrolls' : ''}`}>
      <header>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {say !== undefined && <p>{say}</p>}
        {actions !== undefined && <div className="act">{actions}</div>}
      </header>
      {children}
    </main>
  );
}
