import type { Way } from './way.ts';

const timeLimitMs = 5_000;

/** What the control plane's `Date` header says, in wall-clock milliseconds; undefined when it says nothing. */
export async function askDate(way: Way): Promise<number | undefined> {
  const lease = await way.routes.dispatcherFor('control-plane', way.target);
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(undefined), timeLimitMs);
      lease.dispatcher.dispatch(
        { origin: way.target.url.origin, path: '/', method: 'GET' },
        {
          onRequestStart: () => undefined,
          onResponseStart: (controller, _status, headers) => {
            clearTimeout(timer);
            const { date } = headers;
            const at = typeof date === 'string' ? Date.parse(date) : Number.NaN;
            resolve(Number.isNaN(at) ? undefined : at);
            controller.abort(new Error('the date is enough'));
          },
          onResponseError: (_controller, error) => {
            clearTimeout(timer);
            reject(error);
          },
        },
      );
    });
  } finally {
    lease.release();
  }
}
