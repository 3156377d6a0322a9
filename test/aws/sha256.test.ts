import { createHash, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { Sha256 } from '../../lib/aws/sha256.ts';

const MESSAGE = 'AWS4-HMAC-SHA256';
const hex = async (sum: Sha256) => Buffer.from(await sum.digest()).toString('hex');
const hmac = (secret: string | Uint8Array) => createHmac('sha256', secret).update(MESSAGE).digest('hex');

async function ofMessage(secret?: string | ArrayBuffer | ArrayBufferView): Promise<string> {
  const sum = new Sha256(secret);
  sum.update(MESSAGE);
  return hex(sum);
}

test('without a secret it is a digest, of whatever kind its data is', async () => {
  const sum = new Sha256();
  sum.update('a');
  sum.update(Uint8Array.of(98));
  sum.update(Uint8Array.of(99).buffer);
  expect(await hex(sum)).toBe(createHash('sha256').update('abc').digest('hex'));
});

test('with a secret it is an HMAC, the second time that the secret is used too', async () => {
  const secret = Buffer.alloc(32, 7);
  expect(await ofMessage('secret')).toBe(hmac('secret'));
  for (let time = 0; time < 2; time++) expect(await ofMessage(secret)).toBe(hmac(secret));
  expect(await ofMessage(Uint8Array.of(1, 2).buffer)).toBe(hmac(Uint8Array.of(1, 2)));
});

test('a view of a buffer is its own part of it alone', async () => {
  const bytes = Buffer.alloc(64, 7).fill(8, 32);
  expect(await ofMessage(bytes.subarray(32))).toBe(hmac(Buffer.alloc(32, 8)));
});

test('two secrets of the same bytes, and two of different ones', async () => {
  expect(await ofMessage(Buffer.alloc(32, 1))).toBe(await ofMessage(Buffer.alloc(32, 1)));
  expect(await ofMessage(Buffer.alloc(32, 1))).not.toBe(await ofMessage(Buffer.alloc(32, 2)));
});
