import { createRemoteJWKSet, jwtVerify } from 'jose';
import { expect, type onTestFinished, test, vi } from 'vitest';
import { type Issuer, type Problem, type Report, SHORT, startIssuer, startSigning } from '../functions/issuer.ts';

async function closing(started: Promise<Issuer>, onFinished: typeof onTestFinished): Promise<Issuer> {
  const issuer = await started;
  onFinished(() => issuer.close());
  return issuer;
}

const operate = (issuer: Issuer, body: unknown) =>
  fetch(`${issuer.url}/operate`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

const REASON = 'key ceremony';

test.concurrent('what is no operation changes nothing', async ({ onTestFinished }) => {
  const issuer = await closing(startSigning({ config: { algorithm: 'ES256' } }), onTestFinished);
  const rotate = { operation: 'rotate', reason: REASON };
  const burn = { operation: 'burn', reason: REASON };
  const cases: [body: unknown, code: string][] = [
    [{}, 'operation_unknown'],
    [null, 'operation_unknown'],
    ['"rotate"', 'operation_unknown'],
    [{ ...rotate, operation: 'destroy' }, 'operation_unknown'],
    [{ ...rotate, operation: 'Rotate' }, 'operation_unknown'],
    [{ ...rotate, operation: ['rotate'] }, 'operation_unknown'],
    [{ ...rotate, operation: 'constructor' }, 'operation_unknown'],
    [{ operation: 'rotate' }, 'invalid_member'],
    [{ ...rotate, reason: '' }, 'invalid_member'],
    [{ ...rotate, reason: ' \n' }, 'invalid_member'],
    [{ ...rotate, reason: 7 }, 'invalid_member'],
    [{ ...rotate, reason: 'x'.repeat(201) }, 'invalid_member'],
    [{ ...rotate, force: true }, 'unknown_member'],
    [{ ...rotate, kid: 'x' }, 'unknown_member'],
    [burn, 'invalid_member'],
    [{ ...burn, kid: 'x', all: true }, 'invalid_member'],
    [{ ...burn, all: 'yes' }, 'invalid_member'],
    [{ ...burn, all: true, flush: 1 }, 'invalid_member'],
    [{ operation: 'burn', all: true }, 'invalid_member'],
    [{ operation: 'retain' }, 'invalid_member'],
    [{ operation: 'recover', reason: REASON }, 'unknown_member'],
  ];
  for (const [body, code] of cases) {
    const response = await operate(issuer, body);
    const problem = (await response.json()) as Problem;
    expect({ body, status: response.status, code: problem.code }).toEqual({ body, status: 400, code });
  }
  expect((await operate(issuer, '{')).status).toBe(400);
  expect(issuer.calls).toEqual([]);
  const { payload } = await issuer.invoke('operate', { operation: 'destroy' });
  expect(JSON.parse(payload)).toMatchObject({ errorType: 'operation_unknown' });
});

test.concurrent('the rotate function takes no command', async ({ onTestFinished }) => {
  const issuer = await closing(startSigning({ config: { algorithm: 'ES256' } }), onTestFinished);
  const { payload, functionError } = await issuer.invoke('rotate', { operation: 'rotate', reason: REASON });
  expect(functionError).toBeUndefined();
  expect(JSON.parse(payload)).toMatchObject({ steps: [], holds: [] });
});

test.concurrent('a rotation that is asked for waits for the lead, and no live token notices it', async ({
  onTestFinished,
}) => {
  // A busy machine takes its time from the first key to the request.
  const life = { tokenLifetime: '10s', maxTokenLifetime: '10s', grace: '30s' };
  const config = { ...SHORT, ...life, algorithm: 'ES256', publicationLead: '20s', rotationPeriod: '60s' };
  const issuer = await closing(startSigning({ config }), onTestFinished);
  const keys = createRemoteJWKSet(new URL(`${issuer.policy.issuer}/.well-known/jwks.json`), { cooldownDuration: 0 });
  const verify = (token: string) => jwtVerify(token, keys, { issuer: issuer.policy.issuer, audience: 'orders-api' });
  const before = await issuer.sign();

  const asked = (await (await operate(issuer, { operation: 'rotate', reason: REASON })).json()) as Report;
  expect(asked.steps).toEqual([]);
  expect(asked.holds).toEqual([
    { kind: 'rotation', why: expect.stringContaining(`a rotation was requested: ${REASON}`) },
  ]);
  expect(asked.holds[0]?.why).toContain('must be published until');
  expect((await issuer.sign()).kid).toBe(before.kid);

  const rotated = await vi.waitFor(
    async () => {
      const { steps } = await issuer.report();
      expect(steps.map(({ step }) => step)).toEqual(['activate', 'end', 'intend', 'create', 'publish', 'observe']);
      return steps;
    },
    { timeout: 60_000, interval: 250 },
  );
  expect(rotated[0]?.why).toContain(REASON);
  await vi.waitFor(async () => expect((await issuer.sign()).kid).not.toBe(before.kid), { timeout: 20_000 });
  const after = await issuer.sign();
  await verify(after.token);
  // Signed by the former key, which stays in the JWKS.
  const { jwks_uri } = (await (await fetch(`${issuer.policy.issuer}/.well-known/openid-configuration`)).json()) as {
    jwks_uri: string;
  };
  const { keys: served } = (await (await fetch(jwks_uri)).json()) as { keys: { kid: string }[] };
  expect(served.map(({ kid }) => kid)).toEqual([before.kid, after.kid, expect.any(String)]);
  expect(served).toHaveLength(3);
  // The wish is fulfilled: the next tick does not rotate again.
  const next = await issuer.report();
  expect(next.steps.map(({ step }) => step)).not.toContain('activate');
});

test.concurrent('a rotation before there is a keyring is refused', async ({ onTestFinished }) => {
  const issuer = await closing(startIssuer(), onTestFinished);
  const response = await operate(issuer, { operation: 'rotate', reason: REASON });
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: 'keyring_missing' });
});

test.concurrent.for([
  ['http-api', 'the standby, which it has long known'],
  ['jose', 'a fresh key, which makes it fetch and forget the burned one'],
] as const)('after a burn, with %s verifying, the next token is of %s', async ([verifier], { onTestFinished }) => {
  const issuer = await closing(
    startSigning({ config: { verifiers: [verifier], algorithm: verifier === 'jose' ? 'ES256' : 'RS256' } }),
    onTestFinished,
  );
  const served = async () => {
    const response = await fetch(`${issuer.policy.issuer}/.well-known/jwks.json`);
    return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };
  const { kid: burned } = await issuer.sign();
  const before = await served();

  const response = await operate(issuer, { operation: 'burn', kid: burned, reason: 'laptop stolen' });
  const report = (await response.json()) as { burned: string[]; signing: string };
  expect(response.status).toBe(200);
  expect(report.burned).toEqual([burned]);
  expect(await served()).not.toContain(burned);
  expect(await served()).toContain(report.signing);
  expect(before.includes(report.signing)).toBe(verifier === 'http-api');

  // The warm signer still holds the burned key: it hears from KMS that the key is disabled, looks, and tries once more.
  issuer.calls.length = 0;
  expect((await issuer.sign()).kid).toBe(report.signing);
  expect(issuer.calls).toEqual(['sign kms.Sign', 'sign dynamodb.GetItem', 'sign kms.Sign']);
});
