/** The text of a file, put into the bundle by Vite. */
declare module '*?raw' {
  const text: string;
  export default text;
}

/** A file with all that it imports as one script, put into the bundle by `scripts/worker-source.mjs`. */
declare module '*?worker-source' {
  const source: string;
  export default source;
}
