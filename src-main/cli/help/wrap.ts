/** Breaks lines between words; what goes on stands under the beginning of its line. */
export function wrapped(text: string, width: number): string {
  const fold = (line: string): string => {
    const indent = /^ */.exec(line)?.[0] ?? '';
    const lines: string[] = [];
    let current = indent;
    for (const word of line.slice(indent.length).split(/(?<=\S)(?= )/)) {
      if (current.trim() !== '' && current.length + word.length > width) {
        lines.push(current);
        current = indent + word.trimStart();
      } else current += word;
    }
    return [...lines, current].join('\n');
  };
  return text.split('\n').map(fold).join('\n');
}
