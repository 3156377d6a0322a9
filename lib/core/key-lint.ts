/**
 * What is wrong with one key of a published set, whoever published it: by RFC 7517, 7518, 8037, 8725 and 9964. A key of
 * ours is held to more than that (jwk.ts); this has to be fair to the keys of others too.
 */
import { ALGORITHMS, type Algorithm, type AlgorithmFacts, facts, PRIVATE_MEMBERS } from './algorithms.ts';
import { isPlainObject } from './json.ts';
import { type PublicJwk, thumbprint } from './jwk.ts';

export interface Remark {
  /** An error makes a verifier refuse or misuse the key; a warning makes some do so, or is bad practice. */
  readonly severity: 'error' | 'warning';
  /** Where it is written. */
  readonly rule: string;
  readonly what: string;
}
type Note = (severity: Remark['severity'], rule: string, what: string) => void;
type Jwk = Readonly<Record<string, unknown>>;

const MIN_RSA_BITS = 2048;
const KINDS = ['RSA', 'EC', 'OKP', 'AKP'];

/** @param name how the key is called in sentences */
export function lintKey(key: unknown, name: string): Remark[] {
  const remarks: Remark[] = [];
  const note: Note = (severity, rule, what) => remarks.push({ severity, rule, what: `${name}: ${what}` });
  if (!isPlainObject(key)) {
    note('error', 'RFC 7517 §5', 'it must be an object');
    return remarks;
  }
  lintCommon(key, note);
  const { alg } = key;
  if (typeof alg === 'string' && Object.hasOwn(ALGORITHMS, alg)) lintAlgorithm(key, facts(alg as Algorithm), note);
  else if (typeof alg === 'string') note('warning', 'RFC 7518 §3.1', `alg ${alg} is none that Keyturn knows`);
  lintForm(key, note);
  const isReadable = KINDS.includes(String(key.kty)) && remarks.every(({ severity }) => severity !== 'error');
  if (isReadable && key.kid !== thumbprint(key as unknown as PublicJwk)) {
    note('warning', 'RFC 7638', 'kid is not the thumbprint: a key that comes back must not have another name');
  }
  return remarks;
}

function lintCommon(key: Jwk, note: Note): void {
  const { kty, kid, alg, use, key_ops } = key;
  if (kty === 'oct') note('error', 'RFC 7517 §9.2', 'a symmetric key is published: everybody can sign with it');
  for (const member of PRIVATE_MEMBERS) {
    if (member in key && kty !== 'oct') note('error', 'RFC 7517 §9.2', `it has the private member ${member}`);
  }
  if (typeof kid !== 'string' || kid === '') note('error', 'RFC 7517 §4.5', 'without a kid no token can ask for it');
  if (alg === undefined) note('error', 'RFC 8725 §3.1', 'without alg the token chooses the algorithm');
  if (use === undefined) note('warning', 'RFC 7517 §4.2', 'use is missing: some verifiers want sig');
  else if (use !== 'sig') note('error', 'RFC 7517 §4.2', `use must be sig, got ${JSON.stringify(use)}`);
  if (use !== undefined && key_ops !== undefined)
    note('warning', 'RFC 7517 §4.3', 'use and key_ops should not both be there');
  if (Array.isArray(key_ops) && !key_ops.includes('verify')) note('error', 'RFC 7517 §4.3', 'key_ops must have verify');
}

function lintAlgorithm(key: Jwk, fact: AlgorithmFacts, note: Note): void {
  if (key.kty !== fact.kty) note('error', 'RFC 8725 §3.1', `kty must be ${fact.kty} for ${String(key.alg)}`);
  if ('crv' in fact && key.kty === fact.kty && key.crv !== fact.crv)
    note('error', 'RFC 7518 §3.4', `crv must be ${fact.crv} for ${String(key.alg)}`);
}

const COORDINATE_BYTES: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };

function lintForm(key: Jwk, note: Note): void {
  const { kty, crv, alg } = key;
  const fact = typeof alg === 'string' && Object.hasOwn(ALGORITHMS, alg) ? facts(alg as Algorithm) : undefined;
  const width = COORDINATE_BYTES[String(crv)];
  if (kty === 'RSA') lintRsa(key, note);
  else if (kty === 'EC' && width !== undefined) {
    for (const member of ['x', 'y']) lintWidth(member, key[member], width, 'RFC 7518 §6.2.1.2', note);
  } else if (kty === 'OKP' && crv === 'Ed25519') lintWidth('x', key.x, 32, 'RFC 8037 §2', note);
  else if (kty === 'EC' || kty === 'OKP') note('warning', 'RFC 7518 §6.2.1.1', `crv ${String(crv)} is not known`);
  else if (kty === 'AKP' && fact?.kty === 'AKP') lintWidth('pub', key.pub, fact.publicKeyBytes, 'RFC 9964', note);
  // RFC 7517 §5 has it ignored; some libraries reject the whole set.
  else if (kty !== 'oct' && kty !== 'AKP') {
    note('warning', 'RFC 7517 §5', `kty ${JSON.stringify(kty)} is not known: some verifiers reject the whole set`);
  }
}

function lintRsa({ n, e }: Jwk, note: Note): void {
  const bytes = bytesOf(n);
  if (!bytes?.length) note('error', 'RFC 7518 §6.3.1.1', 'n must be base64url without padding');
  else {
    if (bytes[0] === 0) note('error', 'RFC 7518 §6.3.1.1', 'n begins with a zero octet');
    const bits = BigInt(`0x${bytes.toString('hex')}`).toString(2).length;
    if (bits < MIN_RSA_BITS) note('error', 'RFC 7518 §3.3', `n must have at least ${MIN_RSA_BITS} bits, got ${bits}`);
  }
  if (e !== 'AQAB') note('error', 'RFC 7518 §6.3.1.2', `e must be AQAB, got ${JSON.stringify(e)}`);
}

function lintWidth(member: string, value: unknown, width: number, rule: string, note: Note): void {
  const bytes = bytesOf(value);
  if (!bytes) note('error', rule, `${member} must be base64url without padding`);
  else if (bytes.length !== width) note('error', rule, `${member} must have ${width} bytes, got ${bytes.length}`);
}

function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value !== 'string') return undefined;
  const bytes = Buffer.from(value, 'base64url');
  return bytes.toString('base64url') === value ? bytes : undefined;
}
