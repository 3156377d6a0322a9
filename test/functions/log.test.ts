import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, type Issuer, startSigning } from './issuer.ts';

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startSigning();
});
afterAll(() => issuer?.close());

/** In every value, and in names, of all that follows but the audience, which the log is to have. */
const MARKER = 'Zebra7Quagga';
const SUBJECT = `user:${MARKER}`;
const REQUEST = {
  audience: ['orders-api', 'billing'],
  scope: `${MARKER}:read`,
  claims: { sub: SUBJECT, email: `${MARKER}@example.com`, nested: { list: [MARKER] } },
};
const text = JSON.stringify(REQUEST);
const REFUSED = [
  `${text},`,
  text.replace('{', `{"${MARKER}":1,`),
  text.replace('"sub"', `"password":"${MARKER}","sub"`),
  text.replace('"sub"', `"sub":"${MARKER}2","sub"`),
  text.replace('"sub"', `"iss":"${MARKER}","sub"`),
  text.replace('"scope"', `"type":"${MARKER}","scope"`),
  text.replace('"nested"', `"long":"${MARKER.repeat(400)}","nested"`),
  text.replace('"nested"', `"bad":"\\ud800${MARKER}","nested"`),
  text.replace('"orders-api"', '""'),
  `\ufeff${text}`,
];

test('no line says more of a token than it may', async () => {
  const answers: Answer[] = [];
  const thrown: string[] = [];
  for (let count = 0; count < 5; count++) answers.push(await issuer.sign(REQUEST));
  answers.push(JSON.parse((await issuer.invoke('sign:any', REQUEST)).payload));
  for (const body of REFUSED) {
    const response = await issuer.post(body);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
  }
  for (const event of [{ ...REQUEST, [MARKER]: 1 }, { ...REQUEST, scope: `${MARKER} ${MARKER} ` }, MARKER]) {
    thrown.push((await issuer.invoke('sign:any', event)).payload);
  }
  await issuer.invoke('sign:canary', REQUEST);
  await expect.poll(() => issuer.lines.length).toBe(answers.length + REFUSED.length + 3);

  const lines = issuer.lines.map(({ line }) => line);
  expect(issuer.lines.every(({ name }) => name === 'sign')).toBe(true);
  for (const line of lines) {
    expect(line).not.toContain(MARKER);
    expect(line).not.toContain('eyJ');
    for (const { token } of answers) for (const part of token.split('.')) expect(line).not.toContain(part);
  }
  // Lambda itself logs what a handler throws: nothing but names may stand there.
  for (const payload of thrown) expect(payload.replaceAll(`"${MARKER}\\"`, '')).not.toContain('eyJ');

  const tokens = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'token');
  expect(tokens).toEqual(
    answers.map(({ kid, jti, issuedAt, expiresAt }) => ({
      event: 'token',
      issuer: issuer.policy.issuer,
      kid,
      jti,
      client: 'any',
      aud: ['orders-api', 'billing'],
      sub: createHash('sha256').update(SUBJECT).digest('base64url'),
      iat: issuedAt,
      exp: expiresAt,
      keyringLoadedAt: expect.any(Number),
    })),
  );
  const refusals = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'refusal');
  expect(refusals).toHaveLength(REFUSED.length + 3);
  for (const refusal of refusals) {
    expect(Object.keys(refusal).sort()).toEqual(['client', 'code', 'event', 'issuer']);
  }
});

test('no value is repeated in what a caller is told', async () => {
  for (const body of REFUSED.slice(2)) {
    const answer = await (await issuer.post(body)).text();
    expect(answer).not.toContain(MARKER);
  }
  for (const event of [{ ...REQUEST, scope: `${MARKER} ${MARKER} ` }, { ...REQUEST, type: MARKER }, MARKER]) {
    expect((await issuer.invoke('sign:any', event)).payload).not.toContain(MARKER);
  }
});
