/** The certificate blocks of a PEM text, in order. */
export const pemCertificates = (text: string): readonly string[] =>
  text.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g) ?? [];

/** The path that a setting names; the reference's profiles write `file:/path` for it as well. */
export const filePath = (value: string): string => (value.startsWith('file:') ? value.slice('file:'.length) : value);
