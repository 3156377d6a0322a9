/** The function URL as OpenAPI 3.1: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
import { ANSWER, PROBLEMS, REQUESTS } from './examples.ts';
import * as schemas from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

const ref: schemas.Reference = (name) => ({ $ref: `#/components/schemas/${name}` });

/** What a status means, beside its codes. AWS itself answers some in the issuer's place, and then without a code. */
const MEANINGS: Readonly<Record<number, { readonly why: string; readonly byAws?: true; readonly headers?: Json }>> = {
  400: { why: 'The request is wrong, and stays wrong.' },
  403: { why: "IAM did not let the call through, or the client's rules do not.", byAws: true },
  405: {
    why: 'Anything but POST.',
    headers: { Allow: { description: 'RFC 9110 §15.5.6.', schema: { const: 'POST' } } },
  },
  413: { why: 'The request, or the token that would come of it, is too large.', byAws: true },
  429: { why: 'The account has reached a quota of KMS or of Lambda.', byAws: true, headers: retryAfter() },
  503: { why: 'The issuer cannot sign now.', headers: retryAfter() },
};

export const openapi = (version: string): Json => ({
  openapi: '3.1.0',
  info: {
    title: 'Keyturn: asking for a token',
    version,
    summary: "A client's function URL.",
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [
    {
      url: 'https://{urlId}.lambda-url.{region}.on.aws',
      description: "A client's own URL: the output SignUrl of the stack.",
      variables: { urlId: { default: 'abcdefghij' }, region: { default: 'us-east-1' } },
    },
    { url: 'http://localhost:4790/sign', description: 'keyturn local, which checks no signature.' },
  ],
  security: [{ sigv4: [] }],
  paths: {
    '/': {
      post: {
        operationId: 'issueToken',
        summary: 'One token, for one call of KMS.',
        requestBody: {
          required: true,
          content: { 'application/json': { schema: ref('SignRequest'), examples: named(REQUESTS) } },
        },
        responses: {
          200: {
            description: 'A token.',
            headers: { 'Cache-Control': { description: 'RFC 6749 §5.1.', schema: { const: 'no-store' } } },
            content: { 'application/json': { schema: ref('Answer'), examples: named({ 'a token': ANSWER }) } },
          },
          ...Object.fromEntries(schemas.STATUSES.map((status) => [status, refusal(status)])),
          502: { description: 'AWS could not get an answer from the function. The same request may succeed later.' },
        },
      },
    },
  },
  components: {
    schemas: {
      SignRequest: schemas.signRequest(ref),
      ClaimName: schemas.claimName,
      ClaimValue: schemas.claimValue(ref),
      Answer: schemas.answer,
      Problem: schemas.problem,
      AwsRefusal: {
        title: 'A refusal by AWS, before the function was asked',
        type: 'object',
        properties: { Message: { type: 'string' }, message: { type: 'string' } },
      },
    },
    securitySchemes: {
      sigv4: {
        type: 'apiKey',
        in: 'header',
        name: 'Authorization',
        description: "AWS Signature Version 4 for the service lambda, by the client's role.",
        'x-amazon-apigateway-authtype': 'awsSigv4',
      },
    },
  },
});

function refusal(status: number): Json {
  const { why, byAws, headers } = MEANINGS[status] ?? { why: 'A refusal.' };
  const examples = PROBLEMS.filter((problem) => problem.status === status);
  const problem = {
    schema: { allOf: [ref('Problem'), schemas.withStatus(status)] },
    ...(examples.length > 0 && { examples: named(Object.fromEntries(examples.map((one) => [String(one.code), one]))) }),
  };
  return {
    description: `${why} ${schemas.codesOf(status).join(', ')}.`,
    ...(headers && { headers }),
    content: {
      'application/problem+json': problem,
      ...(byAws && { 'application/json': { schema: ref('AwsRefusal') } }),
    },
  };
}

function retryAfter(): Json {
  return { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 0 } } };
}

const named = (values: Json): Json =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name.replaceAll(' ', '-'), { summary: name, value }]),
  );
