import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBody } from '../../lib/core/body.ts';
import { isKeyturnError, REQUEST_CODES } from '../../lib/core/errors.ts';
import { DEFAULT_LIMITS, parseSignRequest } from '../../lib/core/request.ts';
import { refusal, refused } from './refused.ts';

const limits = { ...DEFAULT_LIMITS, tokenLifetime: 900, maxTokenLifetime: 3600 };
const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (raw: Uint8Array | string) => parseSignRequest(parseBody(raw, limits), limits);
const body = (claims: string) => `{"audience":"a","claims":{"sub":"s",${claims}}}`;

test('text and bytes are read the same', () => {
  const text = body('"name":"Žofie 🗝","n":[1,-0.5,{}]');
  expect(parse(bytes(text))).toEqual(parse(text));
  expect(parse(text).claims).toEqual({ sub: 's', name: 'Žofie 🗝', n: [1, -0.5, {}] });
  expect(parse(` \t\r\n${text}\n`)).toEqual(parse(text));
  expect(parse(Buffer.from(`xx${text}`).subarray(2))).toEqual(parse(text));
});

describe('size', () => {
  // Two bytes each in UTF-8, one unit each in a JavaScript string.
  const padded = (size: number) => `${body('"a":1')}${' '.repeat(size - body('"a":1').length)}`;
  test('65,536 bytes, and no more', () => {
    for (const raw of [padded(65_535), padded(65_536), bytes(padded(65_536))]) expect(parse(raw).claims.sub).toBe('s');
    for (const raw of [
      padded(65_537),
      bytes(padded(65_537)),
      'é'.repeat(32_769),
      '['.repeat(1_000_000),
      '"'.repeat(65_537),
    ]) {
      expect(refusal(() => parse(raw))).toBe('body_too_large ');
    }
    expect(refused(() => parse(padded(65_537))).message).toBe('the body must have at most 65536 bytes, got 65537');
    expect(REQUEST_CODES.body_too_large).toBe(413);
  });
  test('bytes are counted, not characters', () => {
    const text = body(`"a":"${'é'.repeat(32_740)}"`);
    expect(text.length).toBeLessThan(33_000);
    expect(parse(text).claims.sub).toBe('s');
    expect(refusal(() => parse(body(`"a":"${'é'.repeat(32_760)}"`)))).toBe('body_too_large ');
  });
});

test('an empty body is called empty', () => {
  for (const raw of ['', new Uint8Array()]) {
    const error = refused(() => parse(raw));
    expect(`${error.code}: ${error.message}`).toBe('body_not_json: the body must be a JSON object, got an empty body');
  }
});

test.each<[string, Uint8Array | string, RegExp]>([
  ['a byte order mark', `\ufeff${body('"a":1')}`, /must not begin with a byte order mark/],
  ['a byte order mark in bytes', bytes(`\ufeff${body('"a":1')}`), /must not begin with a byte order mark/],
  ['a byte order mark alone', '\ufeff', /must not begin with a byte order mark/],
  ['UTF-16 with its mark', Buffer.from(`\ufeff${body('"a":1')}`, 'utf16le'), /must be UTF-8/],
  ['UTF-16 without', Buffer.from(body('"a":1'), 'utf16le'), /must be JSON/],
  ['Latin-1', Buffer.from(body('"a":"é"'), 'latin1'), /must be UTF-8/],
  [
    'an overlong slash',
    Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
    /must be UTF-8/,
  ],
  [
    'a surrogate in UTF-8',
    Buffer.concat([Buffer.from('"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"')]),
    /must be UTF-8/,
  ],
  ['a cut sequence', Buffer.from([0x22, 0xf0, 0x9f]), /must be UTF-8, got 3 bytes that are not/],
  ['white space alone', ' \n', /must be JSON \(RFC 8259\), got 2 bytes/],
  ['half a body', '{"audience":', /must be JSON/],
  ['two bodies', '{}{}', /must be JSON/],
  ['a comment', '{}//', /must be JSON/],
  ['a trailing comma', '{"a":1,}', /must be JSON/],
  ['single quotes', "{'a':1}", /must be JSON/],
  ['a leading zero', '{"a":01}', /must be JSON/],
  ['NaN', '{"a":NaN}', /must be JSON/],
  ['a form', 'audience=a&claims=b', /must be JSON/],
  ['a raw line feed in a string', '{"a":"\n"}', /must be JSON/],
  ['a hundred thousand brackets', '['.repeat(50_000), /must be JSON/],
])('%s is not JSON', (_name, raw, message) => {
  const error = refused(() => parse(raw));
  expect(`${error.code} ${error.path}`).toBe('body_not_json ');
  expect(error.message).toMatch(message);
  expect(error.cause).toBeUndefined();
});

test.each(['null', '[]', '"a"', '7', 'true'])('%s is no object', (text) => {
  expect(refusal(() => parse(text))).toBe('body_not_object ');
});

test.each([
  ['a duplicate', '{"audience":"a","audience":"b","claims":{"sub":"s"}}', 'duplicate_member /audience'],
  ['a duplicate, escaped', '{"audience":"a","\\u0061udience":"b","claims":{"sub":"s"}}', 'duplicate_member /audience'],
  ['a duplicate below', body('"x":[{"y":1,"y":1}]'), 'duplicate_member /claims/x/0/y'],
  ['a duplicate sub', body('"sub":"t"'), 'duplicate_member /claims/sub'],
  ['a duplicate __proto__', body('"__proto__":1,"__proto__":2'), 'duplicate_member /claims/__proto__'],
  ['__proto__', body('"__proto__":{"admin":true}'), 'forbidden_name /claims/__proto__'],
  ['__proto__, escaped', body('"\\u005f_proto__":{}'), 'forbidden_name /claims/__proto__'],
  ['__proto__ at the top', '{"audience":"a","__proto__":{},"claims":{"sub":"s"}}', 'forbidden_name /__proto__'],
  ['constructor below', body('"x":[{"constructor":{}}]'), 'forbidden_name /claims/x/0/constructor'],
  ['1e400', body('"x":1e400'), 'unsafe_number /claims/x'],
  ['1e400 for a lifetime', '{"audience":"a","expiresIn":1e400,"claims":{"sub":"s"}}', 'unsafe_number /expiresIn'],
  ['9007199254740993', body('"x":[9007199254740993]'), 'unsafe_number /claims/x/0'],
  ['300.00000000000000000001', '{"expiresIn":300.00000000000000000001}', 'unsafe_number /expiresIn'],
  ['an escaped lone surrogate', body('"x":"\\ud800"'), 'invalid_string /claims/x'],
  ['a lone surrogate in the text', body('"x":"\ud800"'), 'invalid_string /claims/x'],
  ['an escaped lone surrogate in a name', body('"\\udc00":1'), 'invalid_string /claims'],
  ['a lone surrogate in a name in the text', body('"\udc00":1'), 'invalid_string /claims'],
  ['nine levels', body(`"x":${'['.repeat(9)}${']'.repeat(9)}`), `too_deep /claims/x${'/0'.repeat(8)}`],
  [
    'thousands of levels',
    body(`"x":${'['.repeat(30_000)}${']'.repeat(30_000)}`),
    `too_deep /claims/x${'/0'.repeat(8)}`,
  ],
  ['a reserved claim, escaped', body('"\\u0069ss":"x"'), 'reserved_claim /claims/iss'],
  ['a secret claim', body('"x":{"Pass-Word":"hunter2"}'), 'secret_claim /claims/x/Pass-Word'],
])('%s is refused', (_name, text, expected) => {
  expect(refusal(() => parse(text))).toBe(expected);
});

test('eight levels are accepted', () => {
  expect(parse(body(`"x":${'['.repeat(8)}${']'.repeat(8)}`)).claims.sub).toBe('s');
});

test('a hundred thousand levels are refused when the deployer lets such a body in', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  expect(refusal(() => parseBody(deep, { ...limits, maxBodyBytes: 1_000_000 }))).toBe(`too_deep ${'/0'.repeat(10)}`);
});

test('what is parsed from a body is what a direct Invoke hands over', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (claims) => {
      const input = { audience: 'a', claims: { ...claims, sub: 's' } };
      expect(outcome(() => parse(JSON.stringify(input)))).toEqual(
        outcome(() => parseSignRequest(JSON.parse(JSON.stringify(input)), limits)),
      );
    }),
    { numRuns: 2000 },
  );
});
function outcome(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    if (!isKeyturnError(error)) throw error;
    // The scan meets the faults in the order of the text, the walk rule by rule: which comes first may differ.
    return 'refused';
  }
}

test('any bytes are refused in a code of the contract, without their text', () => {
  const marker = 'XmarkerX';
  const text = fc.tuple(fc.string(), fc.nat(60), fc.nat(3)).map(([noise, at, drop]) => {
    const whole = body(`"a":"${marker}","b":{"c":["${marker}",1]}`);
    return whole.slice(0, at) + noise + whole.slice(at + drop);
  });
  fc.assert(
    fc.property(fc.oneof(text, fc.uint8Array(), fc.json(), fc.string()), (raw) => {
      try {
        parse(raw);
      } catch (error) {
        if (!isKeyturnError(error)) throw error;
        expect(Object.keys(REQUEST_CODES)).toContain(error.code);
        expect(`${error.message} ${error.path} ${error.cause}`).not.toContain(marker);
      }
    }),
    { numRuns: 3000 },
  );
});
