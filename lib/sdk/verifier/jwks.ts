/** A JWKS document as keys by name (RFC 7517 §5): what is unknown or unfit in it is passed over, and said. */
import { isPlainObject } from '../../core/json.ts';
import { importKey, isNamed, type Jwk, type VerifyingKey } from './key.ts';

/** Each kid of the document is in one of them. */
export interface Jwks {
  readonly keys: ReadonlyMap<string, VerifyingKey>;
  /** Why a key of that name verifies nothing. */
  readonly refused: ReadonlyMap<string, string>;
}

/** STS takes as many, ALB ten. */
const MAX_KEYS = 100;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** @throws Error with a clause that says what is wrong with the document: it says nothing of any key */
export async function readJwks(bytes: Uint8Array, algorithms: ReadonlySet<string>): Promise<Jwks> {
  const named = namedKeys(bytes);
  if (named.length === 0) throw new Error('it has no usable key (it has none with a kid)');
  const keys = new Map<string, VerifyingKey>();
  const refused = new Map<string, string>();
  const imported = await Promise.all(named.map((jwk) => importKey(jwk, algorithms)));
  imported.forEach((key, index) => {
    const { kid } = named[index] as Jwk;
    // A name that stands twice names nothing: which of the two is meant would be the reader's choice.
    if (keys.delete(kid) || refused.has(kid)) refused.set(kid, 'its kid stands twice in the set');
    else if (typeof key === 'string') refused.set(kid, key);
    else keys.set(kid, key);
  });
  return { keys, refused };
}

function namedKeys(bytes: Uint8Array): Jwk[] {
  let document: unknown;
  try {
    document = JSON.parse(UTF8.decode(bytes));
  } catch {
    throw new Error('it is not JSON in UTF-8');
  }
  const keys = isPlainObject(document) ? document.keys : undefined;
  if (!Array.isArray(keys)) throw new Error('it is not a JWKS');
  if (keys.length > MAX_KEYS) throw new Error(`it has more than ${MAX_KEYS} keys`);
  return keys.filter(isNamed);
}
