import { describe, expect, test } from 'vitest';
import { type Change, type DeploymentPorts, prove } from '../../lib/core/deployment.ts';
import { type ErrorCode, KeyturnError } from '../../lib/core/errors.ts';
import { World } from '../../lib/simulator/world.ts';

const FIRST: Change = { isFirst: true, touchesEdge: false };
const UPDATE: Change = { isFirst: false, touchesEdge: false };

/** The shipped verbs in a virtual world, behind the calls that a deployment makes. */
function deployed(world: World, change: Partial<DeploymentPorts> = {}) {
  const lines: object[] = [];
  const ports: DeploymentPorts = {
    tick: () => world.tick(),
    canary: () => world.signer().canary('active'),
    edge: world.bucket,
    clock: () => world.now,
    sleep: async (seconds) => {
      world.now += seconds;
    },
    log: (line) => lines.push(line),
    ...change,
  };
  return { lines, prove: (what: Change) => prove(ports, world.policy.issuer, what) };
}

const failing = (times: number, error: () => Error, then: () => Promise<never>) => {
  let left = times;
  return (async () => {
    if (left-- > 0) throw error();
    return then();
  }) as () => Promise<never>;
};
const named = (name: string) => Object.assign(new Error('in AWS’s words'), { name });

test('a first deployment ends with a key that signs and a token that verifies', async () => {
  const world = new World();
  const { prove, lines } = deployed(world);
  const { kid } = await prove(FIRST);
  expect(world.keyring.keys.find((key) => key.kid === kid)?.state).toBe('active');
  expect(lines).toEqual([]);
});

test.each(['AccessDeniedException', 'MalformedPolicyDocumentException', 'NotFoundException', 'TypeError'])(
  'it waits out %s for minutes',
  async (name) => {
    const world = new World();
    const start = world.now;
    const { prove, lines } = deployed(world, {
      tick: failing(
        50,
        () => named(name),
        () => world.tick() as never,
      ),
    });
    await prove(FIRST);
    expect(world.now - start).toBe(500);
    expect(lines).toHaveLength(50);
    expect(lines[0]).toMatchObject({ event: 'deployment', waiting: `a tick fails: ${name}: in AWS’s words` });
  },
);

test('and gives up with the reason of the last attempt, before Lambda ends it', async () => {
  const world = new World();
  const start = world.now;
  const error = () =>
    new KeyturnError('function_failed', 'rotate failed: AccessDenied: not authorized to kms:CreateKey');
  const { prove } = deployed(world, { tick: failing(Number.POSITIVE_INFINITY, error, () => Promise.reject()) });
  await expect(prove(FIRST)).rejects.toMatchObject({
    code: 'deployment_failed',
    message: 'a tick fails: function_failed: rotate failed: AccessDenied: not authorized to kms:CreateKey',
  });
  expect(world.now - start).toBeGreaterThan(11 * 60);
  expect(world.now - start).toBeLessThan(12.5 * 60);
});

test('it says what the tick was held by', async () => {
  const world = new World();
  const edge = { fetch: () => Promise.reject(new KeyturnError('edge_unreachable', 'https://x must answer 200')) };
  world.bucket.fetch = edge.fetch as never;
  await expect(deployed(world).prove(FIRST)).rejects.toMatchObject({
    message: expect.stringMatching(/^no token is signed: no_active_key: .*https:\/\/x must answer 200/),
  });
});

test.each(['policy_unsafe', 'environment_invalid', 'keyring_elsewhere', 'keyring_too_new'] as const)(
  'waiting does not help %s',
  async (code) => {
    for (const change of [FIRST, UPDATE]) {
      const world = new World();
      const start = world.now;
      const tick = () => Promise.reject(new KeyturnError(code, 'the sentence'));
      await expect(deployed(world, { tick }).prove(change)).rejects.toMatchObject({
        code: 'deployment_failed',
        message: `a tick fails: ${code}: the sentence`,
      });
      expect(world.now).toBe(start);
    }
  },
);

async function running() {
  const world = new World();
  await world.tick();
  return world;
}

test('an update proves itself with the key that signs, in the middle of a rotation too', async () => {
  const world = await running();
  world.now += 91 * 86_400;
  const { prove } = deployed(world);
  const { kid } = await prove(UPDATE);
  expect(kid).toBe(world.keyring.keys.find(({ state }) => state === 'active')?.kid);
});

test.each<[ErrorCode, 'tick' | 'canary']>([
  ['document_newer', 'tick'],
  ['clock_skewed', 'tick'],
  ['no_active_key', 'canary'],
  ['key_unusable', 'canary'],
  ['throttled', 'canary'],
])('%s was there before it: the update goes through, and says so', async (code, part) => {
  const world = await running();
  const broken = () => Promise.reject(new KeyturnError(code, 'the sentence'));
  const { prove, lines } = deployed(world, { [part]: broken });
  const warning = expect.stringMatching(new RegExp(`: ${code}: the sentence$`));
  const kid = world.keyring.keys.find(({ state }) => state === 'active')?.kid;
  expect(await prove(UPDATE)).toEqual({ warning, ...(part === 'tick' && { kid }) });
  expect(lines).toEqual([{ event: 'deployment', issuer: world.policy.issuer, warning }]);
});

describe('an update after which the issuer has no keyring fails at once', () => {
  const NO_KEYRING = /^no token is signed: keyring_missing: the table has no keyring of https:\/\/auth\.example\.com: /;

  test('another table under the documents that are there', async () => {
    const world = await running();
    const start = world.now;
    world.keyrings.item = undefined;
    await expect(world.tick()).rejects.toMatchObject({ code: 'document_newer' });
    const { prove, lines } = deployed(world);
    await expect(prove(UPDATE)).rejects.toMatchObject({
      code: 'deployment_failed',
      message: expect.stringMatching(NO_KEYRING),
      cause: { code: 'keyring_missing' },
    });
    expect(world.now).toBe(start);
    expect(lines).toEqual([]);
  });

  test('which a tick that is throttled does not hide', async () => {
    const tick = () => Promise.reject(new KeyturnError('throttled', 'the sentence'));
    await expect(deployed(new World(), { tick }).prove(UPDATE)).rejects.toMatchObject({
      message: expect.stringMatching(NO_KEYRING),
    });
  });
});

test('a tick that stands still anyway does not hide what the update did to the signer', async () => {
  const world = await running();
  const { prove } = deployed(world, {
    tick: () => Promise.reject(new KeyturnError('document_newer', 'the table was restored')),
    canary: () => Promise.reject(named('AccessDeniedException')),
  });
  await expect(prove(UPDATE)).rejects.toMatchObject({
    code: 'deployment_failed',
    message: 'no token is signed: AccessDeniedException: in AWS’s words',
  });
});

test('all that was there before is said together', async () => {
  const world = await running();
  const { prove } = deployed(world, {
    tick: () => Promise.reject(new KeyturnError('document_newer', 'the one')),
    canary: () => Promise.reject(new KeyturnError('key_unusable', 'the other')),
  });
  expect(await prove(UPDATE)).toEqual({
    warning: 'a tick fails: document_newer: the one; no token is signed: key_unusable: the other',
  });
});

describe.each(['https://auth.example.com', 'https://auth.example.com/red'])('in place of %s', (before) => {
  test('another issuer is refused, whether its documents would be in the way or not', async () => {
    const world = new World({ issuer: 'https://auth.example.com/blue' });
    await world.tick();
    let asked = 0;
    const ask = () => Promise.reject(new Error(`asked ${++asked} times`));
    const { prove } = deployed(world, { tick: ask, canary: ask });
    await expect(prove({ ...UPDATE, before })).rejects.toMatchObject({
      code: 'deployment_failed',
      message: expect.stringContaining(`this stack makes ${before}, and cannot make https://auth.example.com/blue`),
    });
    expect(asked).toBe(0);
  });

  test('the same one is not', async () => {
    const world = new World({ issuer: before });
    await world.tick();
    expect((await deployed(world).prove({ ...UPDATE, before })).kid).toBeDefined();
  });
});

test('an edge that does not serve the key fails an update only where the update touched it', async () => {
  const world = await running();
  const edge = { fetch: async () => ({ body: '{"keys":[]}', cacheControl: 'max-age=300' }) };
  expect(await deployed(world, { edge }).prove(UPDATE)).toEqual({
    warning: expect.stringMatching(/^the token does not verify at the edge: canary_failed: /),
  });
  await expect(deployed(world, { edge }).prove({ ...UPDATE, touchesEdge: true })).rejects.toMatchObject({
    code: 'deployment_failed',
  });
});

test('a permission that an update took away fails it, after the minutes that IAM may need', async () => {
  const world = await running();
  const start = world.now;
  const canary = () =>
    Promise.reject(new KeyturnError('kms_unavailable', 'KMS could not be asked (AccessDeniedException)'));
  await expect(deployed(world, { canary }).prove(UPDATE)).rejects.toMatchObject({
    message: 'no token is signed: kms_unavailable: KMS could not be asked (AccessDeniedException)',
  });
  expect(world.now - start).toBeGreaterThan(4.5 * 60);
  expect(world.now - start).toBeLessThan(5.5 * 60);
});

test('a token of another issuer proves nothing', async () => {
  const world = await running();
  const { bucket } = world;
  const ports = deployed(world, { edge: bucket });
  const other = new World({ issuer: 'https://other.example.com' });
  await other.tick();
  const theirs = deployed(world, { canary: () => other.signer().canary('active'), edge: other.bucket });
  expect((await ports.prove(UPDATE)).kid).toBeDefined();
  expect((await theirs.prove(UPDATE)).warning).toContain('its issuer is another one');
});
