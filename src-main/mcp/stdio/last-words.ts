const mostLines = 8;
const mostCharacters = 1_000;

/** Frames of a stack, and what a runtime prints around them: they push the message itself out of sight. */
const noise: readonly RegExp[] = [
  // Node: the place in its own source, frames, fields of the error, the list of who required it, its version
  /^node:[\w/]+:\d+/,
  /^\s+at /,
  /^\s*throw .*;?$/,
  /^Emitted '\w+' event on /,
  /^\s+(?:code|errno|syscall|path|address|port|dest|requireStack|\[cause\]): /,
  /^\s+'.*',?$/,
  /^Require stack:$/,
  /^- (?:\/|[A-Z]:\\)/,
  /^Node\.js v\d/,
  // Python
  /^Traceback \(most recent call last\):$/,
  /^\s*File ".*", line \d+/,
  // npm: where its log is
  /^npm (?:error|ERR!)\s+(?:A complete log of this run|\S*[\\/]_logs[\\/])/,
  /^[\s^~{}[\]()]*$/,
];

/** Of the last lines that a program wrote, those that say why it ended, oldest first; undefined when it wrote nothing. */
export function lastWords(lines: readonly string[]): string | undefined {
  const written = lines.filter((line) => line.trim() !== '');
  const telling = written.filter((line) => !noise.some((pattern) => pattern.test(line)));
  const words = telling.length > 0 ? telling : written;
  return words.length === 0 ? undefined : words.slice(-mostLines).join('\n').slice(-mostCharacters);
}
