import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Issuer, REQUEST, startSigning } from './issuer.ts';

// By direct Invoke an event is any JSON; the function URL's bodies are in refusals.test.ts.

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startSigning({ config: { algorithm: 'ES256' } });
  // To know how long a token would be takes the key's algorithm.
  await issuer.sign();
  issuer.calls.length = 0;
});
afterAll(() => issuer?.close());

const MEGABYTES = 1024 * 1024 * 5;
const claims = (more: string) => `{"audience":"a","claims":{"sub":"s",${more}}}`;

const REFUSED: [name: string, payload: string, code: string][] = [
  ['nothing at all', '', 'body_not_object'],
  ['null', 'null', 'body_not_object'],
  ['a list', `[${JSON.stringify(REQUEST)}]`, 'body_not_object'],
  ['a string', '"x"', 'body_not_object'],
  ['a number', '1', 'body_not_object'],
  ['true', 'true', 'body_not_object'],
  ['an empty object', '{}', 'missing_member'],
  ['a string of 5 MB', `"${'x'.repeat(MEGABYTES)}"`, 'body_not_object'],
  ['a claim of 5 MB', claims(`"x":"${'x'.repeat(MEGABYTES)}"`), 'token_too_large'],
  ['a list of 5 MB', claims(`"x":[${'1,'.repeat(MEGABYTES / 2)}1]`), 'token_too_large'],
  ['a member with a name of 5 MB', `{"${'x'.repeat(MEGABYTES)}":1}`, 'invalid_string'],
  ['a claim with a name of 5 MB', claims(`"${'x'.repeat(MEGABYTES)}":1`), 'invalid_string'],
  ['lists in lists, 5 MB', claims(`"x":${'['.repeat(MEGABYTES / 2)}${']'.repeat(MEGABYTES / 2)}`), 'too_deep'],
];

test.for(REFUSED)('%s', async ([, payload, code]) => {
  // What took time by the square of its length would meet the function's time limit, and say so.
  const answer = await issuer.lambda.invoke('sign:any', payload);
  const { errorType, errorMessage } = JSON.parse(answer.payload) as { errorType: string; errorMessage: string };
  expect({ errorType, functionError: answer.functionError }).toEqual({ errorType: code, functionError: 'Unhandled' });
  expect(errorMessage.length).toBeLessThan(500);
});

test('none of these costs a call, and the same environment still signs', async () => {
  expect(issuer.calls).toEqual([]);
  await issuer.sign();
  expect(issuer.calls).toEqual(['sign kms.Sign']);
});
