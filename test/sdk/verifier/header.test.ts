import { expect, test } from 'vitest';
import { normalizeType, readHeader } from '../../../lib/sdk/verifier/header.ts';
import { base64url, HEADER } from './forge.ts';

const segment = (kid: string) => base64url({ ...HEADER, kid });

// CVE-2021-41106 and its like: what the attacker chooses must not pile up.
test('the headers that were read last are kept, and no more of them than that', () => {
  const first = readHeader(segment('first'));
  expect(readHeader(segment('first'))).toBe(first);
  for (let index = 0; index < 64; index++) readHeader(segment(`forged-${index}`));
  expect(readHeader(segment('first'))).not.toBe(first);
});

test.each([
  ['JWT', 'application/jwt'],
  ['application/at+JWT', 'application/at+jwt'],
  ['text/plain', 'text/plain'],
])('the type %s is %s', (type, normal) => {
  expect(normalizeType(type)).toBe(normal);
});
