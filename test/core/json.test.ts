import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isKeyturnError } from '../../lib/core/errors.ts';
import { scanJson } from '../../lib/core/json.ts';
import { refusal, refused } from './refused.ts';

const scan = (text: string, maxDepth = 10) => {
  JSON.parse(text);
  scanJson(text, maxDepth);
};

describe('members that occur twice', () => {
  test.each([
    ['{"a":1,"a":1}', '/a'],
    ['{"a":1,"b":2,"a":3}', '/a'],
    ['{ "a" : 1 , "a" : 1 }', '/a'],
    ['{"a":{"b":1,"b":2}}', '/a/b'],
    ['{"a":[0,{"b":[],"b":2}]}', '/a/1/b'],
    ['[[],[{}],[0,{"x":0,"x":0}]]', '/2/1/x'],
    ['{"a":1,"\\u0061":2}', '/a'],
    ['{"\\u0061":1,"a":2}', '/a'],
    ['{"\\ud83d\\udd11":1,"🔑":2}', '/🔑'],
    ['{"\\"":1,"\\u0022":2}', '/"'],
    ['{"\\\\":1,"\\u005c":2}', '/\\'],
    ['{"a/b":1,"a\\/b":2}', '/a~1b'],
    ['{"~":1,"~":2}', '/~0'],
    ['{"":1,"":2}', '/'],
    ['{"__proto__":1,"__proto__":2}', '/__proto__'],
    ['{"a":"}","b":"{","a":","}', '/a'],
    ['{"a":{},"b":[],"a":{}}', '/a'],
    ['{"a":[{"c":1},{"c":1}],"a":0}', '/a'],
  ])('%s', (text, path) => {
    expect(refusal(() => scan(text))).toBe(`duplicate_member ${path}`);
  });

  test.each([
    '{"a":1,"b":1}',
    '{"a":"a","b":"a"}',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '["a","a"]',
    '{"a":["b","b"],"b":["a","b"]}',
    '{"a":"\\",\\"a\\":1","b":"{\\"b\\":1,\\"b\\":1}"}',
    '{"a":1,"A":1,"á":1,"a\\u0301":1}',
    '{"a":1,"\\\\u0061":1}',
    '{"a":"\\\\","b":"\\\\\\\\","c":"\\\\\\""}',
    '{"x":[1,2,{"y":"z"}],"y":"x","z":{"x":[]}}',
  ])('%s has none', (text) => scan(text));
});

describe('numbers that do not survive', () => {
  test.each([
    '1e400',
    '-1e400',
    '1E400',
    '1e+309',
    '179769313486231580793728971405301e300',
    '9007199254740992',
    '-9007199254740992',
    '9007199254740993',
    '9007199254740993.0',
    '9007199254740991.4',
    '9007199254740992e0',
    '900719925474099.2e1',
    '1e16',
    '1e20',
    '123456789012345678901234567890',
    '1e-400',
    '-1e-400',
    '0.99999999999999999999',
    '1.00000000000000000001',
    '5e-325',
    `0.${'0'.repeat(400)}1`,
    `1${'0'.repeat(400)}`,
    '1e-99999999999999999999',
    `4.${'0'.repeat(60_000)}1`,
    `${'9'.repeat(300)}e-150`,
  ])('%s', (literal) => {
    expect(refusal(() => scan(`{"a":[0,${literal}]}`))).toBe('unsafe_number /a/1');
    expect(refusal(() => scan(literal))).toBe('unsafe_number ');
  });

  test.each([
    '0',
    '-0',
    '0.0',
    '-0.0e9',
    '0e400',
    '0e99999999999999999999',
    '1',
    '-1',
    '9007199254740991',
    '-9007199254740991',
    '9007199254740991.0',
    '9007199254740991.000e0',
    '0.9007199254740991e16',
    '1e15',
    '1.5',
    '0.1',
    '0.30000000000000004',
    '3.14159265358979323846',
    '1.0',
    '10e-1',
    '100e-2',
    '1E2',
    '1e+2',
    '1.7976931348623157e-308',
    '5e-324',
    '0.1e1',
    '12.50e1',
    `4.${'0'.repeat(60_000)}`,
    `1${'0'.repeat(400)}e-400`,
  ])('%s survives', (literal) => {
    scan(literal);
    scan(`{"a":[${literal}],"b":${literal}}`);
    scan(`[${literal} , ${literal}\n]`);
  });

  test('digits within strings are no numbers', () => scan('{"1e400":"1e400","a":"9007199254740993,"}'));

  test('whatever JavaScript writes is read, but for integers that are not safe', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = JSON.stringify(value);
        if (Number.isInteger(value) && !Number.isSafeInteger(value))
          expect(refusal(() => scan(text))).toBe('unsafe_number ');
        else scan(text);
      }),
      { numRuns: 5000 },
    );
  });

  test('an integer is accepted just when BigInt reads the same', () => {
    const digits = fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n });
    fc.assert(
      fc.property(digits, fc.nat(3), fc.integer({ min: -3, max: 3 }), (value, zeros, exponent) => {
        const literal = `${value}${zeros === 0 ? '' : `.${'0'.repeat(zeros)}`}${exponent === 0 ? '' : `e${exponent}`}`;
        const scaled = value * 10n ** BigInt(exponent + 3);
        const isInteger = scaled % 1000n === 0n;
        const limit = 9007199254740991n;
        const safe = scaled / 1000n <= limit && scaled / 1000n >= -limit;
        // A fraction is read as a fraction, or refused.
        const accepted = isInteger ? safe : !Number.isInteger(Number(literal));
        if (accepted) scan(literal);
        else expect(refusal(() => scan(literal))).toBe('unsafe_number ');
      }),
      { numRuns: 5000 },
    );
  });
});

describe('depth', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  test('at the limit, and one above it', () => {
    scan(nested(9));
    scan(nested(10));
    expect(refusal(() => scan(nested(11)))).toBe(`too_deep ${'/0'.repeat(10)}`);
    expect(refusal(() => scan('{"a":[1,{"b":{}}]}', 3))).toBe('too_deep /a/1/b');
    scan('{"a":[1,{"b":1}]}', 3);
  });

  test('what is closed does not count', () => {
    scan(`[${Array.from({ length: 50 }, () => nested(9)).join()}]`);
    scan('[{"a":{}},{"a":{}},[[]]]', 3);
  });

  test('brackets within strings do not count', () => scan(`["${'['.repeat(100)}","${'{'.repeat(100)}"]`));

  test('a hundred thousand levels are refused without recursion', () => {
    expect(refusal(() => scan(nested(100_000)))).toBe(`too_deep ${'/0'.repeat(10)}`);
    const objects = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    expect(refusal(() => scan(objects))).toBe(`too_deep ${'/a'.repeat(10)}`);
    scanJson(nested(100_000), 100_000);
  });
});

test('the time it takes grows with the text, whatever the text', () => {
  const size = 60_000;
  const texts = [
    `"${'\\\\'.repeat(size / 2)}"`,
    `"${'\\"'.repeat(size / 2)}"`,
    `[${'0,'.repeat(size / 2)}0]`,
    '0.'.padEnd(size, '0'),
    `0.${'0'.repeat(size)}1e-1`,
    `1${'0'.repeat(size)}1e-${size}`,
    ' '.repeat(size).padEnd(size + 1, '1'),
    `{${Array.from({ length: 6000 }, (_, index) => `"k${index}":1`).join()}}`,
  ];
  for (const text of texts) {
    const start = process.cpuUsage();
    try {
      scan(text);
    } catch (error) {
      if (!isKeyturnError(error)) throw error;
    }
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(500);
  }
});

test('whatever JSON.stringify writes of safe values is accepted', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      try {
        scan(text, 12);
      } catch (error) {
        // fast-check's doubles are beyond the safe integers now and then.
        if (!isKeyturnError(error, 'unsafe_number')) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});

test('a duplicate put anywhere into any JSON is found', () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value, { minKeys: 1 }), fc.nat(), fc.boolean(), (object, pick, spellOut) => {
      const members = Object.entries(object).map(
        ([name, member]) => [JSON.stringify(name), JSON.stringify(member)] as const,
      );
      const [name] = members[pick % members.length] ?? ['""'];
      const spelled = spellOut ? `"${[...JSON.parse(name)].map(escaped).join('')}"` : name;
      const text = `{${[...members.map(([key, member]) => `${key}:${member}`), `${spelled}:[]`].join()}}`;
      expect(['duplicate_member', 'unsafe_number']).toContain(refused(() => scan(text)).code);
    }),
  );
});
const escaped = (character: string) =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
