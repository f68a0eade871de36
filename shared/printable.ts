// eslint-disable-next-line no-control-regex -- they could forge lines or drive a terminal
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** What others wrote, without what a terminal would obey; lines and tabs stay. */
export const printable = (text: string): string => text.replace(control, '\uFFFD');
