import type { DiscoveryResult } from './discovery.ts';

type Found = Extract<DiscoveryResult, { readonly kind: 'found' }>;
type Note = readonly [text: string, facts: Readonly<Record<string, string>>];

/** What the log says of a server's sign-in. @param offered - labels of the Harpoon targets that came of it */
export function discoveryNotes({ notAsked, issuerMismatch }: Found, offered: readonly string[]): readonly Note[] {
  const notes: Note[] = [];
  if (notAsked.length > 0)
    notes.push([
      'The server names another place for its sign-in, which is not asked: mcp.oauth_trusted_origins does not list it.',
      { origins: notAsked.join(', ') },
    ]);
  if (issuerMismatch)
    notes.push([
      'The authorization server calls itself by another name than the server does. Callers that compare the two refuse it.',
      { named: withoutQuery(issuerMismatch.asked), says: withoutQuery(issuerMismatch.said) },
    ]);
  if (offered.length > 0)
    notes.push([
      'Callers reach the private part of the server’s sign-in through Harpoon.',
      { targets: offered.join(', ') },
    ]);
  return notes;
}

/** An address without what may be a secret in it. */
function withoutQuery(text: string): string {
  if (!URL.canParse(text)) return 'no address';
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`;
}
