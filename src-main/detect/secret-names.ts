/** Longer names are judged by their end, which is what says what they hold. */
const judged = 128;

/** Names of JSON members whose values are hidden whatever they hold, in snake case. */
const memberNames =
  /(?:^|_)(?:api_?key|secret|secret_key|access_key|(?:access|refresh|id|auth|bearer|session|csrf|api)_token|token|password|passwd|passphrase|private_key|client_secret|authorization|cookie|set_cookie|credentials?|email|phone|ssn|iban|card_number)$/;

/** Names that end like a secret's and are none. */
const harmlessNames = /(?:^|_)(?:progress_token|next_page_token|page_token|public_key)$/;

/** Words that make a name in text, such as `MY_TOKEN` in `MY_TOKEN=…`, that of a secret. */
const fieldWords =
  /api[-_]?key|secret|token(?!s)|passw(?:or)?d|passphrase|private[-_]?key|access[-_]?key|cookie|authorization/i;

/** Parameters of a query that say who asks. */
const queryNames =
  /(?:^code|key|token|secret|passw(?:or)?d|passphrase|pwd|auth|authorization|sig|signature|credentials?|jwt|session(?:[_-]?id)?)$/i;

const variableWords = /key|secret|token|passw(?:or)?d|passphrase|credential|auth|cookie/i;

const snakeCase = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();

const endOf = (name: string): string => name.slice(-judged);

/** Whether the value of a JSON member of this name is hidden. */
export function isSecretMember(name: string): boolean {
  const snake = snakeCase(endOf(name));
  return memberNames.test(snake) && !harmlessNames.test(snake);
}

/** Whether what `name` is set to in text (`name=value`, `name: value`) is hidden. */
export const isSecretField = (name: string): boolean =>
  (fieldWords.test(endOf(name)) && !harmlessNames.test(snakeCase(endOf(name)))) || isSecretMember(name);

/** Whether a query parameter of this name says who asks. */
export const isSecretParameter = (name: string): boolean => queryNames.test(endOf(name));

/** Whether a variable's name says that its value is a secret. */
export const isSecretName = (name: string): boolean => variableWords.test(endOf(name));
