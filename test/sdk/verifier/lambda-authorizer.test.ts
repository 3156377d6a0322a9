import type {
  APIGatewayRequestAuthorizerEvent,
  APIGatewayRequestAuthorizerEventV2,
  APIGatewayRequestAuthorizerHandler,
  APIGatewayRequestIAMAuthorizerHandlerV2,
  APIGatewayRequestSimpleAuthorizerHandlerV2,
  APIGatewayTokenAuthorizerEvent,
  APIGatewayTokenAuthorizerHandler,
} from 'aws-lambda';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { lambdaAuthorizer } from '../../../lib/sdk/verifier/index.ts';
import { CLAIMS, testKey } from './forge.ts';
import { World } from './world.ts';

const KEY = testKey('ES256', 'ec');
const world = new World();
world.publish(KEY);
const verifier = world.verifier();
/** A caller chose the name of its claim. */
const TOKEN = world.token(KEY, { scope: 'orders:read', client_id: 'shop', principalId: 'admin', roles: ['a'] });
const METHOD = 'arn:aws:execute-api:eu-central-1:123456789012:abcdef123/prod/GET/orders/1';
const STAGE = 'arn:aws:execute-api:eu-central-1:123456789012:abcdef123/prod/*';

type Event = Parameters<ReturnType<typeof lambdaAuthorizer>>[0];
const bearer = (token: string) => `Bearer ${token}`;
/** Each kind of event, with these credentials. */
const EVENTS: Record<string, (authorization?: string) => Event> = {
  'REST API, TOKEN': (authorizationToken = '') => ({ type: 'TOKEN', methodArn: METHOD, authorizationToken }),
  'REST API, REQUEST': (value) => ({
    type: 'REQUEST',
    methodArn: METHOD,
    headers: value === undefined ? null : { Authorization: value, Host: 'x' },
    multiValueHeaders: value === undefined ? null : { Authorization: [value], Host: ['x'] },
  }),
  'HTTP API, payload 1.0': (value) => ({
    version: '1.0',
    type: 'REQUEST',
    methodArn: METHOD,
    headers: value === undefined ? {} : { authorization: value },
  }),
  'HTTP API, payload 2.0': (value) => ({
    version: '2.0',
    type: 'REQUEST',
    routeArn: METHOD,
    headers: value === undefined ? {} : { authorization: value },
  }),
};
const POLICIES = Object.entries(EVENTS).slice(0, 3);
const context = {
  sub: 'svc:checkout',
  client_id: 'shop',
  scope: 'orders:read',
  jti: CLAIMS.jti,
  claims: expect.stringContaining('"roles":["a"]'),
};
const policy = (Effect: string) => ({
  Version: '2012-10-17',
  Statement: [{ Action: 'execute-api:Invoke', Effect, Resource: STAGE }],
});

test('its event is what API Gateway sends', () => {
  expectTypeOf<APIGatewayTokenAuthorizerEvent>().toExtend<Event>();
  expectTypeOf<APIGatewayRequestAuthorizerEvent>().toExtend<Event>();
  expectTypeOf<APIGatewayRequestAuthorizerEventV2>().toExtend<Event>();
});

test('it is what API Gateway calls', () => {
  const simple = lambdaAuthorizer(verifier);
  expectTypeOf(simple).toExtend<APIGatewayTokenAuthorizerHandler>();
  expectTypeOf(simple).toExtend<APIGatewayRequestAuthorizerHandler>();
  expectTypeOf(simple).toExtend<APIGatewayRequestSimpleAuthorizerHandlerV2>();
  expectTypeOf(simple).not.toExtend<APIGatewayRequestIAMAuthorizerHandlerV2>();
  const iam = lambdaAuthorizer(verifier, { response: 'iam' });
  expectTypeOf(iam).toExtend<APIGatewayTokenAuthorizerHandler>();
  expectTypeOf(iam).toExtend<APIGatewayRequestIAMAuthorizerHandlerV2>();
  expectTypeOf(iam).not.toExtend<APIGatewayRequestSimpleAuthorizerHandlerV2>();
});

/** What a gateway response for ACCESS_DENIED sends as `WWW-Authenticate`. */
const denied = {
  error: 'scope_insufficient',
  challenge:
    'Bearer error="insufficient_scope", error_description="scope must have orders:write", scope="orders:write"',
};

describe.each(POLICIES)('%s', (_, event) => {
  test('a good token may call whatever the authorizer stands before', async () => {
    const answer = await lambdaAuthorizer(verifier)(event(bearer(TOKEN)));
    expect(answer).toEqual({ principalId: 'svc:checkout', policyDocument: policy('Allow'), context });
    expect(JSON.parse(answer.context.claims ?? '')).toMatchObject({ principalId: 'admin' });
  });

  test('too little scope is denied: 403', async () => {
    const answer = await lambdaAuthorizer(verifier, { scopes: ['orders:write'] })(event(bearer(TOKEN)));
    expect(answer).toEqual({
      principalId: 'unauthorized',
      policyDocument: policy('Deny'),
      context: denied,
    });
  });
});

describe('HTTP API, payload 2.0', () => {
  const event = EVENTS['HTTP API, payload 2.0'] as (authorization?: string) => Event;

  test('is answered simply', async () => {
    expect(await lambdaAuthorizer(verifier)(event(bearer(TOKEN)))).toEqual({ isAuthorized: true, context });
    expect(await lambdaAuthorizer(verifier, { scopes: ['orders:write'] })(event(bearer(TOKEN)))).toEqual({
      isAuthorized: false,
      context: denied,
    });
  });

  test('or with a policy, when asked to', async () => {
    const answer = await lambdaAuthorizer(verifier, { response: 'iam' })(event(bearer(TOKEN)));
    expect(answer).toMatchObject({ principalId: 'svc:checkout', policyDocument: policy('Allow') });
  });
});

describe.each(Object.entries(EVENTS))('%s', (_, event) => {
  test.each([
    undefined,
    'Basic abc',
    'Bearer',
    'Bearer nonsense',
    bearer(`${TOKEN}x`),
    `${bearer(TOKEN)}, ${bearer(TOKEN)}`,
  ])('%s: 401, which is an error of just that word', async (authorization) => {
    await expect(lambdaAuthorizer(verifier)(event(authorization))).rejects.toThrow(/^Unauthorized$/);
  });

  test('keys that cannot be had: any other error, 500', async () => {
    const down = new World();
    down.fail();
    await expect(lambdaAuthorizer(down.verifier())(event(bearer(TOKEN)))).rejects.toMatchObject({
      code: 'keys_unavailable',
    });
  });
});

test.each<[string, Partial<Event>]>([
  ['two values of one header', { multiValueHeaders: { Authorization: [bearer(TOKEN), bearer('other')] } }],
  ['two spellings of one header', { headers: { Authorization: bearer(TOKEN), authorization: bearer('other') } }],
])('%s are refused', async (_, change) => {
  const event = { type: 'REQUEST', methodArn: METHOD, headers: { Authorization: bearer(TOKEN) }, ...change };
  await expect(lambdaAuthorizer(verifier)(event)).rejects.toThrow(/^Unauthorized$/);
});

test.each<[object, string]>([
  [{ scope: ['a'] }, 'scope is not an option here'],
  [{ scopes: undefined }, 'scopes must be an array of at least one string'],
  [{ response: 'IAM' }, 'response must be simple or iam'],
])('the options %j are refused', (options, message) => {
  expect(() => lambdaAuthorizer(verifier, options)).toThrow(message);
});
