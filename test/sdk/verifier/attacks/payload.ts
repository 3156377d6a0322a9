/**
 * Claims that two readers read differently, or that hurt the one who reads. RFC 7519 §4, §7.2; RFC 8259 §4, §8.1;
 * RFC 7493 §2. All are signed by the true key: an issuer's bug, or a claim that its caller chose.
 */
import { base64url, by, CLAIMS, forge, HEADER, RSA, signed, withText } from '../forge.ts';
import { type Attack, each } from './attack.ts';

const TEXT = JSON.stringify(CLAIMS);
const payload = (text: string | Uint8Array) => forge(HEADER, text);
const before = (member: string) => withText('{', `{${member},`);
const nested = (levels: number, open = '[', close = ']') => `${open.repeat(levels)}${close.repeat(levels)}`;

const malformed = { code: 'payload_malformed' } as const;

export const PAYLOADS: readonly Attack[] = [
  ...each(malformed, {
    'not JSON': payload('sub=admin'),
    'an array': payload(`[${TEXT}]`),
    'a string': payload('"admin"'),
    'a number': payload('1'),
    null: payload('null'),
    true: payload('true'),
    'a token inside the token': payload(forge(HEADER, CLAIMS)),
    'a token inside the token, as JSON': payload(JSON.stringify(forge(HEADER, CLAIMS))),
    'something after the object': payload(`${TEXT}garbage`),
    'another object after the object': payload(`${TEXT}{"sub":"admin"}`),
    'a comma at the end': payload(TEXT.replace(/}$/, ',}')),
    'single quotes': payload(TEXT.replaceAll('"', "'")),
    'a comment': payload(TEXT.replace('{', '{/**/')),
    'exp NaN': withText(/"exp":\d+/, '"exp":NaN'),
    'exp Infinity': withText(/"exp":\d+/, '"exp":Infinity'),
    'a line break in a string': withText('svc:', 'svc\n'),
    'NUL after the object': payload(`${TEXT}\0`),
    'bytes that are not UTF-8': payload(Buffer.concat([Buffer.from('{"sub":"'), Buffer.of(0xff), Buffer.from('"}')])),
    'an overlong encoding': payload(Buffer.concat([Buffer.from('{"sub":"'), Buffer.of(0xc0, 0xaf), Buffer.from('"}')])),
    'a surrogate in UTF-8': payload(
      Buffer.concat([Buffer.from('{"sub":"'), Buffer.of(0xed, 0xa0, 0x80), Buffer.from('"}')]),
    ),
    'UTF-16': payload(Buffer.from(TEXT, 'utf16le')),
    compressed: signed(base64url(HEADER), Buffer.from('789cab5632040000ffff', 'hex').toString('base64url'), by(RSA)),
  }),
  ...each(
    { ...malformed, gap: 'a byte order mark before the JSON' },
    { 'a byte order mark': payload(`\uFEFF${TEXT}`) },
  ),
  ...each(
    { ...malformed, gap: 'a member that occurs twice: the last one wins, elsewhere the first' },
    {
      'aud twice': before('"aud":"billing-api"'),
      'sub twice': before('"sub":"admin"'),
      'exp twice': before('"exp":99999999999'),
      'sub twice, once escaped': before('"\\u0073ub":"admin"'),
      'a member of a member twice': before('"act":{"sub":"a","sub":"b"}'),
      'a member in an array twice': before('"roles":[{"r":1,"r":2}]'),
    },
  ),
  ...each(
    { ...malformed, gap: 'JSON of any depth' },
    {
      '5,000 arrays': before(`"deep":${nested(5000)}`),
      '1,500 objects': before(`"deep":${nested(1500, '{"a":', '}').replace('}', '0}')}`),
    },
  ),
  ...each(
    { ...malformed, gap: 'numbers that other readers read differently' },
    {
      'an integer beyond 2^53': before('"account":9007199254740993'),
      '2^53, which 2^53 + 1 is read as too': before('"account":9007199254740992'),
      'a number beyond all floats': before('"limit":1e400'),
      'a number that turns into zero': before('"limit":1e-400'),
      'deep inside': before('"a":{"b":[{"c":1e400}]}'),
    },
  ),
  ...each(
    { ...malformed, gap: 'a lone surrogate, which turns into another character when it is written' },
    {
      'a lone surrogate': before('"name":"\\ud800"'),
      'a lone surrogate in a name': before('"\\udc00":1'),
      'a lone surrogate deep inside': before('"a":[{"b":"x\\ud83d"}]'),
    },
  ),
  ...each(
    { ...malformed, gap: '`__proto__` as a name, for the next `Object.assign`' },
    {
      __proto__: before('"__proto__":{"admin":true}'),
      '__proto__, escaped': before('"__pr\\u006fto__":{"admin":true}'),
      '__proto__ deep inside': before('"user":[{"__proto__":{"admin":true}}]'),
    },
  ),
  ...each({ code: 'claim_invalid', claim: 'iss', reason: 'missing' }, { 'an empty object': payload('{}') }),
  ...each(
    { ...malformed, gap: '`exp: 1e400`: a token that never ends' },
    { 'exp 1e400': withText(/"exp":\d+/, '"exp":1e400') },
  ),
];
