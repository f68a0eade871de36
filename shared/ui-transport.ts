/**
 * How the contract travels to a browser: `POST <uiApiPath>/<call>` with the arguments as JSON (no body = no arguments),
 * answered by a `Reply`; events down one `text/event-stream` at `<uiEventsPath>?client=<id>`, each an `event:` with the
 * event's name and a `data:` with its payload.
 */
export const uiApiPath = '/ui/api';
export const uiEventsPath = '/ui/events';

/** On every POST; its value is the page's own random id, the same as the event stream's `client`: subscriptions hang on it. */
export const uiClientHeader = 'X-Culvert-Client';
