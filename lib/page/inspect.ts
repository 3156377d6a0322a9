/** One token, decoded and verified as strictly as keyturn/verifier does, in words. Nothing of it goes anywhere. */
import { ALGORITHM_NAMES } from '../core/algorithms.ts';
import { detailOf } from '../core/token-words.ts';
import { createVerifier } from '../sdk/verifier/create.ts';
import { VerificationError } from '../sdk/verifier/errors.ts';
import { normalizeType } from '../sdk/verifier/header.ts';
import type { VerifierOptions } from '../sdk/verifier/options.ts';
import { ADVICE, TITLES } from './advice.ts';
import { type Decoded, decode, shapeOf } from './decode.ts';
import { doubtOf } from './doubt.ts';

export interface Inspection extends Partial<Decoded> {
  /** `asked`: it is being verified. `doubtful`: its signature holds, and that is not enough. */
  readonly kind: 'empty' | 'asked' | 'genuine' | 'doubtful' | 'refused' | 'unavailable';
  readonly title: string;
  readonly why: string;
  /** What it means, and what else is known. */
  readonly more: readonly string[];
  /** Of the refusal. */
  readonly code?: string;
}

export interface Surroundings {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** Empty: whoever the token names. */
  readonly audience: string;
  /** Seconds since 1970. */
  readonly now: number;
  readonly fetch: NonNullable<VerifierOptions['fetch']>;
  /** Browsers verify in secure contexts only. */
  readonly canVerify: boolean;
}

const tokenOf = (text: string): string => text.trim().replace(/^bearer\s+/i, '');

/** What can be said before it is verified. */
export function read(text: string): Inspection {
  const token = tokenOf(text);
  if (token === '') {
    const why = 'Paste one, and this says whether it is genuine, and if not, why.';
    return { kind: 'empty', title: 'No token yet', why, more: [] };
  }
  return { kind: 'asked', title: 'A moment', why: 'it is being verified', more: [], ...decode(token) };
}

/** @param around undefined as long as the issuer's documents could not be fetched */
export async function inspect(text: string, around: Surroundings | undefined): Promise<Inspection> {
  const first = read(text);
  if (first.kind === 'empty') return first;
  const token = tokenOf(text);
  const decoded = decode(token);
  if (!around) {
    const why = 'the documents of this issuer could not be fetched yet';
    const more = [ADVICE.keys_unavailable ?? ''];
    return { kind: 'unavailable', title: 'Cannot be told', why, more, code: 'keys_unavailable', ...decoded };
  }
  if (!around.canVerify) {
    const why = 'It is only decoded: browsers verify on https pages and on localhost alone.';
    return { kind: 'unavailable', title: 'Not verified', why, more: [], ...decoded };
  }
  const { header, claims } = decoded;
  const failure = await failureOf(token, optionsFor(decoded, around));
  if (failure === undefined) {
    const doubt = doubtOf(claims, around.now);
    const more = [...(doubt?.more ?? []), ...audienceNote(around)];
    const why = `a token of ${around.issuer}${doubt ? `, and ${doubt.why}` : ''}`;
    return { kind: doubt ? 'doubtful' : 'genuine', title: 'Genuine', ...decoded, ...doubt, why, more };
  }
  const { code, message } = failure;
  const shape = shapeOf(token, header);
  const why = `${message}${detailOf(code, header, claims, around.now)}`;
  const more = [shape ?? ADVICE[code] ?? '', await secondOpinion(token, failure, decoded, around)].filter(Boolean);
  const isAway = failure.reason === 'unavailable';
  return {
    kind: isAway ? 'unavailable' : 'refused',
    title: isAway ? 'Cannot be told' : (TITLES[code] ?? 'Not genuine'),
    why,
    more,
    code,
    ...decoded,
  };
}

const audienceNote = ({ audience }: Surroundings): string[] =>
  audience === '' ? ['Its audience was not checked. Name yours, and it will be.'] : [];

async function failureOf(token: string, options: VerifierOptions): Promise<VerificationError | undefined> {
  try {
    await createVerifier(options).verify(token);
    return undefined;
  } catch (error) {
    if (error instanceof VerificationError) return error;
    throw error;
  }
}

function optionsFor({ claims }: Decoded, { issuer, jwksUrl, audience, now, fetch }: Surroundings): VerifierOptions {
  const named = [claims.aud].flat().filter((one) => typeof one === 'string' && one !== '') as string[];
  return {
    issuer,
    jwksUrl,
    // A token for nobody fails at its audience, whoever is asked.
    audience: audience !== '' ? audience : named.length > 0 ? named : 'anybody',
    algorithms: ALGORITHM_NAMES,
    // How long its tokens may live the issuer has told nobody: it is a doubt, and no reason to say nothing of the signature.
    maxTokenLifetime: Number.MAX_SAFE_INTEGER,
    now: () => now * 1000,
    fetch,
  };
}

const CLAIMS_FIRST = [
  'type_not_allowed',
  'issuer_mismatch',
  'audience_mismatch',
  'token_expired',
  'token_not_yet_valid',
];

/** Claims are looked at before the signature. Whether that holds is asked as of the time at which the token would. */
async function secondOpinion(
  token: string,
  { code }: VerificationError,
  decoded: Decoded,
  around: Surroundings,
): Promise<string> {
  if (!CLAIMS_FIRST.includes(code)) return '';
  const { header, claims } = decoded;
  const now = Math.max(...[claims.iat, claims.nbf].filter((instant) => typeof instant === 'number'));
  const failure = await failureOf(token, {
    ...optionsFor(decoded, { ...around, audience: '', now }),
    issuer: String(claims.iss),
    types: [normalizeType(String(header.typ))],
  });
  if (failure === undefined) return 'Its signature holds: a key of this issuer made it.';
  if (failure.code === 'signature_invalid') return 'Its signature does not hold either.';
  return failure.code === 'key_unknown' ? 'No key of this issuer has its kid either.' : '';
}
