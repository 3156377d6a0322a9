import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Keyring } from '../../lib/core/keyring.ts';
import type { Fault } from '../../lib/local/endpoint.ts';
import { type Issuer, type Problem, REQUEST, startSigning } from '../functions/issuer.ts';
import { type Item, KeyringItem } from '../functions/keyring-item.ts';

// What the signer finds is neither an issuer that works nor nothing: it says so, soon, and whether to come again.

let issuer: Issuer;
let table: KeyringItem;
let sound: Item;
beforeAll(async () => {
  issuer = await startSigning({ config: { algorithm: 'ES256' } });
  table = new KeyringItem(issuer);
  sound = await table.read();
});
afterAll(() => issuer?.close());

/** By the URL and by Invoke, each in an environment that has read nothing yet. */
async function bothWays() {
  issuer.lambda.kill('sign');
  const started = Date.now();
  const [response, { payload, functionError }] = await Promise.all([
    issuer.post(REQUEST),
    issuer.invoke('sign:any', REQUEST),
  ]);
  const text = await response.text();
  expect(text + payload).not.toContain('eyJ');
  expect(functionError).toBe('Unhandled');
  const { status } = response;
  const { code } = JSON.parse(text) as Problem;
  const { errorType } = JSON.parse(payload) as { errorType: string };
  const retryAfter = response.headers.get('retry-after');
  return { answer: { status, code, errorType, retryAfter }, seconds: (Date.now() - started) / 1000 };
}

const withKeyring = (change: (keyring: Keyring) => unknown): Item => ({
  ...sound,
  keyring: { S: JSON.stringify(change(JSON.parse(sound.keyring?.S ?? '') as Keyring)) },
});
const without = (name: string): Item => Object.fromEntries(Object.entries(sound).filter(([other]) => other !== name));

const ITEMS: [name: string, item: () => Item | undefined, code: string, retryAfter: string][] = [
  ['there is no keyring', () => undefined, 'keyring_missing', '5'],
  [
    'no key is active',
    () => withKeyring(({ keys, ...rest }) => ({ ...rest, keys: keys.filter(({ state }) => state !== 'active') })),
    'no_active_key',
    '5',
  ],
  ['the keyring holds no key', () => withKeyring((keyring) => ({ ...keyring, keys: [] })), 'no_active_key', '5'],
  ['a newer release has written it', () => ({ ...sound, schema: { N: '2' } }), 'keyring_too_new', '60'],
  ['the keyring is no JSON', () => ({ ...sound, keyring: { S: 'x' } }), 'keyring_unreadable', '60'],
  ['the keyring is null', () => withKeyring(() => null), 'keyring_unreadable', '60'],
  ['the keyring has no keys', () => withKeyring(({ keys: _, ...rest }) => rest), 'keyring_unreadable', '60'],
  ['the item has no keyring', () => without('keyring'), 'keyring_unreadable', '60'],
  ['the item has no revision', () => without('revision'), 'keyring_unreadable', '60'],
  ['the item has no schema', () => without('schema'), 'keyring_unreadable', '60'],
];

test.for(ITEMS)('%s', async ([, item, code, retryAfter]) => {
  const found = item();
  await (found ? table.write(found) : table.delete());
  const { answer, seconds } = await bothWays();
  expect(answer).toEqual({ status: 503, code, errorType: code, retryAfter });
  expect(seconds).toBeLessThan(5);
  await table.write(sound);
});

const refusal = (code: string): Fault => ({ status: 400, code, message: 'told to' });
const FAULTS: [name: string, operation: string, fault: Fault, status: number, code: string, retryAfter: string][] = [
  ['KMS throttles', 'Sign', refusal('ThrottlingException'), 429, 'throttled', '1'],
  ['KMS drops the connection', 'Sign', 'drop', 503, 'kms_unavailable', '5'],
  ['KMS drops its answer', 'Sign', 'drop-after', 503, 'kms_unavailable', '5'],
  ['KMS lets nobody in', 'Sign', refusal('AccessDeniedException'), 503, 'kms_unavailable', '5'],
  ['the table drops the connection', 'GetItem', 'drop', 503, 'keyring_unreadable', '5'],
  ['the table throttles', 'GetItem', refusal('ProvisionedThroughputExceededException'), 503, 'keyring_unreadable', '5'],
  ['the table is gone', 'GetItem', refusal('ResourceNotFoundException'), 503, 'keyring_unreadable', '5'],
];

test.for(FAULTS)('%s', async ([, operation, fault, status, code, retryAfter]) => {
  issuer.before = (call) => (call.operation === operation ? fault : undefined);
  const { answer, seconds } = await bothWays();
  expect(answer).toEqual({ status, code, errorType: code, retryAfter });
  expect(seconds).toBeLessThan(5);
  issuer.before = undefined;
});

test('the table does not answer', async () => {
  const { promise: forEver, resolve: end } = Promise.withResolvers<undefined>();
  issuer.before = ({ operation }) => (operation === 'GetItem' ? forEver : undefined);
  const { answer, seconds } = await bothWays();
  end(undefined);
  issuer.before = undefined;
  const code = 'keyring_unreadable';
  expect(answer).toEqual({ status: 503, code, errorType: code, retryAfter: '5' });
  expect(seconds).toBeLessThan(10);
});

test('after all of these it signs again', async () => {
  issuer.lambda.kill('sign');
  expect((await issuer.sign()).token).toMatch(/^eyJ/);
});
