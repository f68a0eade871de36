// What is measured: servers, callers, sizes and distances.

const kib = 1024;
const mib = 1024 * kib;

/** `slots` = calls the tunnel may have at the server at once; `pauseMs` = bursts with that pause between them. */
export const near = [
  { name: 'HTTP, 64 callers', kind: 'json', callers: 64, size: kib },
  { name: 'HTTP, 1 caller', kind: 'json', callers: 1, size: kib },
  { name: 'SSE, 64 callers', kind: 'sse', callers: 64, size: kib },
  { name: 'SSE, 1 caller', kind: 'sse', callers: 1, size: kib },
  { name: 'stdio, 64 callers', kind: 'stdio', callers: 64, size: kib },
  { name: 'stdio, 1 caller', kind: 'stdio', callers: 1, size: kib },
  { name: 'HTTP, 4 callers, 1 MiB', kind: 'json', callers: 4, size: mib },
  { name: 'SSE, 4 callers, 1 MiB', kind: 'sse', callers: 4, size: mib },
  { name: 'stdio, 4 callers, 1 MiB', kind: 'stdio', callers: 4, size: mib },
  { name: 'HTTP, 256 callers, 50 ms server', kind: 'json', callers: 256, size: kib, delay: 50, slots: 256 },
  { name: 'stdio, bursts of 10, 100 ms server', kind: 'stdio', callers: 10, size: kib, delay: 100, pauseMs: 20 },
];

export const far = [
  { name: '80 ms away, 1 caller', kind: 'json', callers: 1, size: kib },
  { name: '80 ms away, 8 callers', kind: 'json', callers: 8, size: kib },
  { name: '80 ms away, 64 callers', kind: 'json', callers: 64, size: kib, slots: 64 },
  { name: '80 ms away, bursts of 8 after a pause', kind: 'json', callers: 8, size: kib, pauseMs: 2_000 },
  { name: '80 ms away, bursts of 64 after a pause', kind: 'json', callers: 64, size: kib, slots: 64, pauseMs: 2_000 },
].map((scenario) => ({ ...scenario, far: true }));

/** What TLS to the control plane costs, and a proxy for everything: CONNECT for TLS, absolute form for the plain-HTTP server. */
export const ways = [
  { name: 'HTTP, 64 callers, TLS', kind: 'json', callers: 64, size: kib },
  { name: 'HTTP, 1 caller, TLS', kind: 'json', callers: 1, size: kib },
  { name: 'HTTP, 64 callers, TLS through a proxy', kind: 'json', callers: 64, size: kib, proxy: true },
  { name: 'HTTP, 1 caller, TLS through a proxy', kind: 'json', callers: 1, size: kib, proxy: true },
];
