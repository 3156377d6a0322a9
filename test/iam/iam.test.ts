/**
 * Two proofs over the synthesized policies, the keys' own and the bucket's. What the functions ask of AWS in a whole life
 * is allowed, and nothing that they never ask for; and what must be denied is denied, by the fence that is there for it.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { ASKED_ELSEWHERE } from './asked-elsewhere.ts';
import { askedByAws } from './by-aws.ts';
import { CONCEDED } from './conceded.ts';
import { conditionKeysOf } from './condition-keys.ts';
import type { Request } from './decide.ts';
import { DENIALS, denialsOf, ROWS } from './denials.ts';
import type { Row } from './denied.ts';
import { addKeys } from './denied-keys.ts';
import { deployed } from './deployed.ts';
import { DOUBLED, UNUSED } from './explained.ts';
import { lifeWithClients, wholeLife } from './life.ts';
import { ISSUER, keyArn, OTHER_ISSUER, rolesOf } from './names.ts';
import type { Statement } from './policy.ts';
import { kindOf, Recorder, sentence } from './recorder.ts';
import { lessAllowed, lessConditional, type Reduction } from './reductions.ts';
import { inEveryAlgorithm } from './variations.ts';

const deployment = deployed();
const { account, template } = deployment;
addKeys(account);
const recorder = new Recorder(deployment);

beforeAll(async () => {
  await Promise.all([wholeLife(recorder), lifeWithClients(recorder)]);
  for (const { principal, ...asked } of [
    ...askedByAws(template),
    ...ASKED_ELSEWHERE,
    ...inEveryAlgorithm(account, recorder.requests),
  ]) {
    recorder.add(principal, asked);
  }
}, 60_000);

/** The second issuer is there for its clients and for what must be denied. */
const NOT_OURS = /^(?:Other(?!SignAlias)|Administrator|Foreigner|Strange|Custom|(?!Issuer)\w+ trust)/;
const ours = (effect: Statement['effect']) =>
  account.statements.filter((statement) => statement.effect === effect && !NOT_OURS.test(statement.id));

const isAllowed = (request: Request, { id, of }: Reduction): boolean =>
  account.decide(request, { instead: { id, ...(of && { of }) } }).allowed;

describe('what is asked', () => {
  test('is allowed', () => {
    const denied = recorder.requests.filter((request) => !account.decide(request).allowed);
    expect(denied.map(sentence)).toEqual([]);
  });

  test('needs every statement, action, resource and value that allows, but for what is explained', () => {
    const decided = recorder.requests.map((request) => ({ request, because: account.decide(request).because }));
    const unneeded = ours('Allow').flatMap((statement) => {
      const users = decided.filter(({ because }) => because.some(({ id }) => id === statement.id));
      return lessAllowed(statement).filter((less) => users.every(({ request }) => isAllowed(request, less)));
    });
    expect(unneeded.map(({ what }) => what).sort()).toEqual(Object.keys(UNUSED).sort());
  });

  test('needs every exception from what is denied', () => {
    const unneeded = ours('Deny')
      .flatMap(lessConditional)
      .filter((less) => recorder.requests.every((request) => isAllowed(request, less)));
    expect(unneeded.map(({ what }) => what)).toEqual([]);
  });

  test('has the condition keys that AWS has for it', async () => {
    for (const { action, context } of recorder.requests) {
      const said = Object.keys(context).filter((key) => context[key] !== null);
      expect(await conditionKeysOf(action), action).toEqual(expect.arrayContaining(said.map(family)));
    }
  });

  test('is asked over TLS, for nothing names another endpoint than the SDK’s own', () => {
    const functions = template
      .ofType('AWS::Lambda::Function')
      .map(([, { Environment }]) => JSON.stringify(Environment));
    expect(functions.filter((environment) => environment?.includes('ENDPOINT'))).toEqual([]);
  });

  test('in another algorithm is what has been recorded in that one', () => {
    const ofOther = recorder.requests.filter(({ resource }) => resource === keyArn('Other-EdDSA'));
    const names = [...Object.entries(rolesOf(OTHER_ISSUER)), ['url', OTHER_ISSUER], ['key', 'Other-']] as const;
    const own: Readonly<Record<string, string>> = { ...rolesOf(ISSUER), url: ISSUER, key: 'Issuer-' };
    const renamed = ofOther.map((request) =>
      names.reduce((text, [name, other]) => text.replaceAll(other, own[name] ?? ''), kindOf(request)),
    );
    expect(renamed.length).toBeGreaterThan(2);
    expect(recorder.requests.map(kindOf)).toEqual(expect.arrayContaining(renamed));
  });

  test('is asked by every function of the template', () => {
    const asking = new Set(recorder.requests.map(({ principal }) => 'arn' in principal && principal.arn));
    for (const [, { Role }] of template.ofType('AWS::Lambda::Function')) expect(asking).toContain(Role);
  });
});

const family = (key: string) => key.replace(/\/.*/, '/*');

const named = (who: Row['who']) => (who.length > 5 ? `${who.length} of them` : who.join(', '));
const ids = (statements: readonly Statement[]) => statements.map(({ id }) => id);

describe('what must be denied', () => {
  test.for(ROWS.map((row) => [`${row.mayNot}: ${named(row.who)}`, row] as const))('to %s', ([, row]) => {
    for (const { request, fence } of denialsOf(row)) {
      const what = sentence(request).replace('must', 'must not');
      expect(ids(account.decide(request).because), what).toEqual(fence ? [fence] : expect.anything());
      expect(account.decide(request).allowed, what).toBe(false);
      if (!fence) continue;
      expect(ids(account.decide(request, { allowingAllElse: true }).because), what).toEqual([fence]);
      const without = { allowingAllElse: true, instead: { id: fence } };
      expect(account.decide(request, without).allowed, `${what}, without ${fence}`).toBe(true);
    }
  });

  test.for(CONCEDED.map(([row]) => [row.mayNot, row] as const))('is not to %s', ([, conceded]) => {
    for (const { request } of denialsOf(conceded)) {
      expect(account.decide(request).allowed, sentence(request)).toBe(true);
    }
  });

  test('needs every Deny, each of its actions and resources', () => {
    const unneeded = ours('Deny').flatMap((statement) => {
      const rows = DENIALS.filter(({ fence }) => fence === statement.id);
      return lessAllowed(statement).filter(({ id, of }) =>
        rows.every(({ request }) => {
          const changes = { allowingAllElse: true, instead: { id, ...(of && { of }) } };
          return !account.decide(request, changes).allowed;
        }),
      );
    });
    expect(unneeded.map(({ what }) => what)).toEqual([]);
  });

  test('needs every condition of what is allowed, but for what is explained', () => {
    const unneeded = ours('Allow')
      .flatMap(lessConditional)
      .filter((less) => DENIALS.every(({ request }) => !isAllowed(request, less)));
    expect(unneeded.map(({ what }) => what).sort()).toEqual(Object.keys(DOUBLED).sort());
  });
});
