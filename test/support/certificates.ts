import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

/** DER: tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length =
    content.length < 0x80
      ? Buffer.from([content.length])
      : content.length < 0x100
        ? Buffer.from([0x81, content.length])
        : Buffer.from([0x82, content.length >> 8, content.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const set = (...parts: readonly Buffer[]): Buffer => der(0x31, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const octets = (content: Buffer): Buffer => der(0x04, content);
const bits = (content: Buffer): Buffer => der(0x03, Buffer.from([0]), content);
const integer = (content: Buffer): Buffer => der(0x02, content);
const yes = der(0x01, Buffer.from([0xff]));
const time = (date: Date): Buffer =>
  der(0x18, Buffer.from(`${date.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`));
const name = (commonName: string): Buffer => sequence(set(sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));

const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [yes] : []), octets(value));

const alternativeName = (host: string): Buffer =>
  isIP(host) === 4 ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host));

export interface CertificateOptions {
  readonly commonName: string;
  /** Names and IPv4 addresses a server certificate is good for. */
  readonly hosts?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Default: signs itself, and may sign others. */
  readonly issuer?: Certificate;
  /** One that is signed may sign others as well. */
  readonly intermediate?: boolean;
  /** Its extended key usage names client authentication alone. */
  readonly clientOnly?: boolean;
}

export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly commonName: string;
  readonly privateKey: KeyObject;
}

const pem = (bytes: Buffer): string =>
  [
    '-----BEGIN CERTIFICATE-----',
    ...(bytes.toString('base64').match(/.{1,64}/g) ?? []),
    '-----END CERTIFICATE-----',
    '',
  ].join('\n');

const day = 86_400_000;

/**
 * A P-256 X.509 v3 certificate, made when a test asks: nothing in the tree can expire, no key is committed, and no
 * openssl is needed. Without `issuer` it is an authority of its own.
 */
export function makeCertificate(options: CertificateOptions): Certificate {
  const { commonName, issuer, intermediate = false, clientOnly = false, hosts = [] } = options;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serial = randomBytes(8);
  serial[0] = 1;
  const extensions = [
    extension('551d13', issuer && !intermediate ? sequence() : sequence(yes), true),
    ...(hosts.length ? [extension('551d11', sequence(...hosts.map(alternativeName)))] : []),
    ...(clientOnly ? [extension('551d25', sequence(oid('2b06010505070302')))] : []),
  ];
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ecdsaWithSha256,
    name((issuer ?? options).commonName),
    sequence(
      time(options.notBefore ?? new Date(Date.now() - day)),
      time(options.notAfter ?? new Date(Date.now() + 30 * day)),
    ),
    name(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey);
  return {
    cert: pem(sequence(body, ecdsaWithSha256, bits(signature))),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    commonName,
    privateKey,
  };
}

/** An authority and a server certificate of it for loopback. */
export function loopbackCertificates(): { readonly ca: Certificate; readonly server: Certificate } {
  const ca = makeCertificate({ commonName: 'Culvert test authority' });
  return { ca, server: makeCertificate({ commonName: 'localhost', hosts: ['localhost', '127.0.0.1'], issuer: ca }) };
}
