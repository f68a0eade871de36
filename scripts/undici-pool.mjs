// The engine uses undici's Pool alone: the library's own entry also loads fetch, WebSocket, caches and mocks, some 50 ms of every start.
import Pool from 'undici/lib/dispatcher/pool.js';

export { Pool };
