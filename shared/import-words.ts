import { z } from 'zod';

/** The programs whose MCP servers can be taken over. */
export const importSources = ['claude-desktop', 'claude-code', 'cursor', 'vscode', 'windsurf', 'codex'] as const;
export type ImportSource = (typeof importSources)[number];

export const sourceNames: Readonly<Record<ImportSource, string>> = {
  'claude-desktop': 'Claude Desktop',
  'claude-code': 'Claude Code',
  cursor: 'Cursor',
  vscode: 'VS Code',
  windsurf: 'Windsurf',
  codex: 'Codex',
};

/** Why something of a server was not taken over as it is. */
export const droppedCodes = [
  'malformed',
  'value',
  'placeholder',
  'env-file',
  'secret-argument',
  'sse',
  'transport',
  'headers-helper',
  'sign-in',
  'sandbox',
  'tool-filter',
  'tool-approval',
  'time-limit',
  'development',
  'setting',
] as const;
export type DroppedCode = (typeof droppedCodes)[number];

export const droppedSchema = z.object({
  code: z.enum(droppedCodes),
  /** The setting, variable, placeholder or file; never a value. */
  name: z.string(),
  /** What stands there in place of a value, or what the other program asks for it with. */
  detail: z.string().optional(),
});
export type Dropped = z.infer<typeof droppedSchema>;

interface Words {
  readonly what: (dropped: Dropped) => string;
  readonly why: (dropped: Dropped) => string;
  /** It does not work as before until a person has done something. */
  readonly needsPerson: boolean;
}

const named = ({ name }: Dropped): string => name;

const words: Readonly<Record<DroppedCode, Words>> = {
  malformed: {
    what: named,
    why: () => 'It is not written as that program reads it, and was left out as far as it is wrong. Enter it.',
    needsPerson: true,
  },
  value: {
    what: ({ name }) => `the value of ${name}`,
    why: ({ detail = 'It' }) => `${detail} has no value here. Enter it.`,
    needsPerson: true,
  },
  placeholder: {
    what: named,
    why: ({ detail = 'its command' }) => `It has no value here and stands in ${detail} as it is. Replace it.`,
    needsPerson: true,
  },
  'env-file': {
    what: ({ name }) => `the variables of ${name}`,
    why: () => 'The file cannot be read. Enter those that the server needs.',
    needsPerson: true,
  },
  'secret-argument': {
    what: () => 'the secret in its arguments',
    why: () =>
      'It stays readable in the command, and so in the profile. Move it to a variable if the server takes one.',
    needsPerson: false,
  },
  sse: {
    what: () => 'the old HTTP+SSE transport',
    why: () => 'Culvert speaks Streamable HTTP. Most servers offer it as well, often at /mcp.',
    needsPerson: true,
  },
  transport: {
    what: ({ name }) => `the transport ${name}`,
    why: () => 'Culvert speaks stdio and Streamable HTTP, also over a Unix socket.',
    needsPerson: true,
  },
  'headers-helper': {
    what: named,
    why: () => 'Culvert runs no program to make headers. Enter the header that it makes, if it stays the same.',
    needsPerson: true,
  },
  'sign-in': {
    what: named,
    why: () => 'The product that calls signs in itself, and for the server on main alone.',
    needsPerson: false,
  },
  sandbox: {
    what: named,
    why: () => 'Culvert runs the command with your own rights, outside of a sandbox.',
    needsPerson: false,
  },
  'tool-filter': {
    what: named,
    why: () => 'All tools of the server are offered. Choose among them in the product that calls.',
    needsPerson: false,
  },
  'tool-approval': {
    what: named,
    why: () => 'The product that calls decides which tools may run without being asked for.',
    needsPerson: false,
  },
  'time-limit': {
    what: named,
    why: () => 'Each call has the deadline that comes with it.',
    needsPerson: false,
  },
  development: {
    what: named,
    why: () => 'It is for working on the server: nothing is watched, and no debugger is attached.',
    needsPerson: false,
  },
  setting: {
    what: named,
    why: () => 'Culvert has no such setting.',
    needsPerson: false,
  },
};

/** What was not taken over and why, in words. */
export const describeDropped = (dropped: Dropped): { readonly what: string; readonly why: string } => ({
  what: words[dropped.code].what(dropped),
  why: words[dropped.code].why(dropped),
});

export const needsPerson = ({ code }: Dropped): boolean => words[code].needsPerson;
