/** What goes to EventBridge in a life, in the form that docs/events.md promises; and that nothing hangs on it. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect, onTestFinished, test } from 'vitest';
import { EVENT_TYPES } from '../../lib/core/events.ts';
import { type Issuer, startIssuer } from '../functions/issuer.ts';
import { burn, operate } from '../functions/operating.ts';
import { WINDOWS } from '../runbooks/runbook.ts';

const read = (file: string) => readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
const ajv = new Ajv2020();
formats.default(ajv);
const isEvent = ajv.compile(JSON.parse(read('events.schema.json')));

async function telling(): Promise<Issuer> {
  const issuer = await startIssuer({ config: WINDOWS, events: true });
  onTestFinished(() => issuer.close());
  return issuer;
}
const told = ({ events }: Issuer) =>
  events.events.splice(0).map(({ source, detailType, detail }) => {
    expect(source).toBe('keyturn');
    expect(isEvent(detail), JSON.stringify(isEvent.errors)).toBe(true);
    return { type: detailType, kid: detail.kid, why: detail.why };
  });
const types = (issuer: Issuer) => told(issuer).map(({ type }) => type);

test('a life: made, rotated, imported into, held, burned', async () => {
  const issuer = await telling();
  await issuer.report();
  expect(types(issuer)).toEqual(['created', 'observed', 'activated', 'created', 'observed']);
  const { kid } = await issuer.sign();

  await after(1100);
  issuer.before = ({ service }) => (service === 'lambda' ? 'drop' : undefined);
  await operate(issuer, { operation: 'rotate', reason: 'test' });
  expect(new Set(types(issuer))).toEqual(new Set(['held']));
  issuer.before = undefined;
  await issuer.report();
  expect(types(issuer)).toEqual(['activated', 'created', 'observed']);

  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'old', alg: 'ES256' }];
  const until = Date.now() / 1000 + 600;
  await operate(issuer, { operation: 'import', keys, until, source: 'test' });
  await operate(issuer, { operation: 'unimport', kid: 'old' });
  expect(told(issuer)).toEqual([
    { type: 'imported', kid: 'old', why: 'from test' },
    { type: 'retired', kid: 'old', why: 'imported: an operator ended it' },
  ]);

  await burn(issuer, { kid });
  expect(told(issuer)).toContainEqual({ type: 'burned', kid, why: 'laptop stolen' });

  issuer.edge.frozen = true;
  await operate(issuer, {
    operation: 'import',
    keys: keys.map((key) => ({ ...key, kid: 'late' })),
    until,
    source: 'test',
  });
  expect(types(issuer)).toEqual(['imported', 'mismatch']);
});

test('a bus that does not answer, or refuses, changes nothing but the log', async () => {
  const issuer = await telling();
  issuer.before = ({ service }) =>
    service === 'events' ? { status: 400, code: 'AccessDeniedException', message: 'not allowed' } : undefined;
  const { holds, steps } = await issuer.report();
  expect(holds).toEqual([]);
  expect(steps.map(({ step }) => step)).toContain('activate');
  await expect.poll(() => issuer.lines.some(({ line }) => /"event":"event-failed".*not allowed/.test(line))).toBe(true);
});

test('docs/events.md has every type', () => {
  const rows = [...read('events.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, type]) => type);
  expect(rows).toEqual([...EVENT_TYPES]);
});
