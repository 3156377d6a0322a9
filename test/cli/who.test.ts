/** `keyturn who` against a local stack and a CloudWatch Logs of paper, and docs/queries.md against the lines that are. */
import { readFileSync } from 'node:fs';
import { GetQueryResultsCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holdersQuery, queryHolders } from '../../lib/aws/issuance-log.ts';
import { holdersOf, type TokenLine } from '../../lib/core/issuance.ts';
import { touchOf } from '../../lib/core/touched.ts';
import { makeTestKey } from '../../lib/sdk/testing/test-keys.ts';
import { templateOf } from '../cdk/synth.ts';
import { keyEvent } from '../cdk/trail-events.ts';
import { type Issuer, startSigning } from '../functions/issuer.ts';
import { operate } from '../functions/operating.ts';
import { keyturn, keyturnJson } from './in-process.ts';

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startSigning({ config: { algorithm: 'ES256' } });
});
afterAll(() => issuer?.close());

test('counts the living tokens of a key by client and audience', () => {
  const line = (change: Partial<TokenLine>): TokenLine => ({
    event: 'token',
    kid: 'a',
    client: 'x',
    aud: 'o',
    exp: 200,
    ...change,
  });
  const lines = [
    line({}),
    line({ exp: 300 }),
    line({ exp: 100 }),
    line({ kid: 'b' }),
    line({ client: 'y', aud: ['o', 'p'] }),
  ];
  expect(holdersOf(lines, 'a', 100)).toEqual([
    { client: 'x', audiences: ['o'], tokens: 2, until: 300 },
    { client: 'y', audiences: ['o', 'p'], tokens: 1, until: 200 },
  ]);
});

describe('of a local issuer', () => {
  test('who has tokens, and who has none', async () => {
    const { kid, expiresAt } = await issuer.sign();
    await issuer.sign();
    await issuer.sign({ audience: ['a', 'b'], claims: { sub: 's' }, expiresIn: 60 });
    const ask = () => keyturnJson<{ holders: { until: number }[] }>('who', kid, '--url', issuer.url);
    // The first look loads the verb, which may take a second of its own.
    await ask();
    await expect.poll(async () => (await ask()).answer.holders, { timeout: 5000 }).toHaveLength(2);
    const { status, answer } = await ask();
    expect(status).toBe(0);
    expect(answer.holders).toMatchObject([
      { client: 'any', audiences: ['orders-api'], tokens: 2 },
      { client: 'any', audiences: ['a', 'b'], tokens: 1 },
    ]);
    expect(Math.abs((answer.holders[0]?.until ?? 0) - expiresAt)).toBeLessThan(5);
    expect((await keyturn('who', kid, '--url', issuer.url)).stdout).toMatch(
      /^ {2}CLIENT +AUDIENCE +TOKENS +UNTIL\n {2}any +orders-api +2 +20\S+Z \(1[45]m.*\)\n/,
    );
    const { keys } = JSON.parse(await (await fetch(`${issuer.url}/.well-known/jwks.json`)).text());
    const standby = keys.find((key: { kid: string }) => key.kid !== kid).kid;
    expect(await keyturn('who', standby, '--url', issuer.url)).toMatchObject({
      status: 0,
      stdout: `nobody holds a living token of ${standby}\n`,
    });
    expect(await keyturn('who', 'nobody', '--url', issuer.url)).toEqual({
      status: 1,
      stdout: '',
      stderr: 'keyturn who: nobody is no key of this issuer: keyturn status --json has their kids (key_unknown)',
    });
    expect(await keyturn('who', '"or 1', '--url', issuer.url)).toMatchObject({ status: 2 });
  });

  test('of an imported key the log cannot know, whatever its name', async () => {
    const kid = 'a/b+c==';
    const { jwk } = await makeTestKey('ES256');
    const until = Math.floor(Date.now() / 1000) + 86_400;
    const keys = [{ ...jwk, kid }];
    await operate(issuer, { operation: 'import', keys, until, source: 'https://old.example/jwks.json' });
    const ask = () => keyturn('who', 'a/b+', '--url', issuer.url);
    const cannot = `keyturn who: the log cannot know who holds tokens of ${kid}: it was imported, and another issuer signs with it; `;
    const end = new Date(until * 1000).toISOString().replace('.000', '');
    expect(await ask()).toEqual({
      status: 1,
      stdout: '',
      stderr: `${cannot}it is published until ${end}; ask https://old.example/jwks.json (key_imported)`,
    });
    await operate(issuer, { operation: 'unimport', kid });
    expect((await ask()).stderr).toMatch(/it left the JWKS at 20\S+Z \(key_imported\)$/);
  });

  test('its lines are not for pages of other sites', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect((await fetch(`${issuer.url}/log.json`, { headers })).status).toBe(403);
  });
});

describe('of a deployed one', () => {
  const paper = (...statuses: string[]) => {
    const sent: unknown[] = [];
    const results = [
      [
        { field: 'client', value: 'orders' },
        { field: 'aud.0', value: 'a' },
        { field: 'tokens', value: '3' },
        { field: 'until', value: '99' },
      ],
    ];
    const send = async (command: unknown) => {
      sent.push(command);
      return command instanceof StartQueryCommand ? { queryId: 'q' } : { status: statuses.shift(), results };
    };
    return { sent, logs: { send } as never };
  };
  const asked = { logGroup: '/aws/lambda/sign', kid: 'K', from: 10.5, now: 20.5 };

  test('Insights is asked until it has counted', async () => {
    const { sent, logs } = paper('Running', 'Complete');
    expect(await queryHolders(logs, asked)).toEqual([{ client: 'orders', audiences: ['a'], tokens: 3, until: 99 }]);
    const [start, ...polls] = sent as { input: object }[];
    expect(start?.input).toMatchObject({ logGroupName: '/aws/lambda/sign', startTime: 10, endTime: 21 });
    expect(polls).toHaveLength(2);
    expect(polls[0]).toBeInstanceOf(GetQueryResultsCommand);
  });

  test('a kid ends nothing in the query', () => {
    expect(holdersQuery('a"\\b', 0)).toContain('kid = "a\\"\\\\b" and');
  });

  test('a query that fails says so', async () => {
    await expect(queryHolders(paper('Timeout').logs, asked)).rejects.toThrow(
      'the query of /aws/lambda/sign ended as Timeout',
    );
  });
});

describe('docs/queries.md', () => {
  const text = readFileSync(new URL('../../docs/queries.md', import.meta.url), 'utf8');
  const queries = [...text.matchAll(/^```text\n(.*?)\n```/gms)].map(([, query = '']) => query);

  test('has the query of keyturn who', () => {
    expect(queries[0]).toBe(holdersQuery('KID', 0).replace('exp > 0', 'exp > NOW'));
  });

  test('asks for events and fields that there are', async () => {
    await issuer.sign();
    await issuer.post({});
    await issuer.report();
    await fetch(`${issuer.url}/operate`, { method: 'POST', body: '{"operation":"rotate","reason":"x"}' });
    const fields = new Map<string, Set<string>>();
    await expect
      .poll(() => {
        for (const { line } of issuer.lines) {
          const parsed = JSON.parse(line) as Record<string, string>;
          if (parsed.event)
            fields.set(parsed.event, new Set([...(fields.get(parsed.event) ?? []), ...Object.keys(parsed)]));
        }
        return [...fields.keys()];
      })
      .toEqual(expect.arrayContaining(['token', 'refusal', 'hold']));
    // Both are a StepLine; one of a step that failed has its code too.
    fields.set('step', fields.get('step') ?? fields.get('hold') ?? new Set());
    fields.set('hold', new Set(['code', ...(fields.get('hold') ?? [])]));
    // What functions/watch.ts and functions/operate.ts write; their tests see it.
    const touch = touchOf(keyEvent('DisableKey'), undefined, issuer.policy.issuer);
    fields.set('touched', new Set(['event', 'kid', 'unread', ...Object.keys({ ...touch })]));
    fields.set('burn-failed', new Set(['event', 'issuer', 'code', 'why']));
    for (const query of queries) {
      const [, event = ''] = /event = "([\w-]+)"/.exec(query) ?? [];
      const own = [...query.matchAll(/ as (\w+)/g)].map(([, name]) => name);
      const words = query.replaceAll(/"[^"]*"|\/.*\//g, '').match(/@?[a-zA-Z_]\w*/g) ?? [];
      const known = [...(fields.get(event) ?? []), ...own, ...WORDS];
      expect(
        words.filter((word) => !known.includes(word)),
        query,
      ).toEqual([]);
    }
    // lib/cdk/log-metrics.ts
    const filters = templateOf({ metrics: true, clientMetrics: true }).findResources('AWS::Logs::MetricFilter');
    for (const { Properties } of Object.values(filters)) {
      const [, event = ''] = /^\{ \$\.event = "(\w+)" \}$/.exec(Properties.FilterPattern) ?? [];
      // Those of Lambda's own lines have none.
      const [{ Dimensions = [] }] = Properties.MetricTransformations as [{ Dimensions?: { Value: string }[] }];
      const known = [...(fields.get(event) ?? [])].map((name) => `$.${name}`);
      expect(known, event).toEqual(expect.arrayContaining(Dimensions.map(({ Value }) => Value)));
    }
  });
});

/** Insights' own. */
const WORDS = [
  ...[
    'filter',
    'like',
    '@message',
    'and',
    'stats',
    'count',
    'max',
    'earliest',
    'as',
    'by',
    'bin',
    'h',
    'm',
    'sort',
    'desc',
    'limit',
    'fields',
  ],
  ...['@timestamp', 'NOW'],
];
