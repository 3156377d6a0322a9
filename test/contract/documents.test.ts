/** docs/contract is what `npm run contract` writes, and what others' tools take. */
import { readdirSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { DOCUMENTS, written } from '../../bin/contract.ts';
import { REQUEST_CODES } from '../../lib/core/errors.ts';
import { inOpenApi, isAnswer, isProblem, isRequest, read } from './schemas.ts';

test.each(Object.entries(DOCUMENTS))('%s is up to date: npm run contract', (name, document) => {
  expect(read(name)).toBe(written(document));
});

test('there is no other document', () => {
  expect(readdirSync(new URL('../../docs/contract/', import.meta.url)).sort()).toEqual(Object.keys(DOCUMENTS).sort());
});

describe('the OpenAPI document', () => {
  const openapi = JSON.parse(read('openapi.json'));
  const { post } = openapi.paths['/'];

  test('is one', async () => {
    expect(await new Validator().validate(structuredClone(openapi))).toEqual({ valid: true });
    const broken = structuredClone(openapi);
    broken.paths['/'].post.responses[200].content['application/json'].schema = { $ref: 42 };
    expect(await new Validator().validate(broken)).toMatchObject({ valid: false });
  });

  test('has every code, and each under its status alone', () => {
    for (const [code, own] of Object.entries(REQUEST_CODES)) {
      for (const [status, { content = {} }] of Object.entries<{ content?: object }>(post.responses)) {
        if (!('application/problem+json' in content)) continue;
        const isOfStatus = inOpenApi(`/paths/~1/post/responses/${status}/content/application~1problem+json/schema`);
        const problem = { type: `urn:keyturn:error:${code}`, title: code, status: Number(status), code, detail: 'why' };
        expect(isOfStatus(problem), `${code} under ${status}`).toBe(String(own) === status);
        expect(isOfStatus({ ...problem, status: own }), `${own} under ${status}`).toBe(String(own) === status);
        expect(isProblem(problem)).toBe(String(own) === status);
      }
    }
  });

  test('gives examples that are within its own schemas and in those beside it', () => {
    const POST = '/paths/~1/post';
    const bodies: [at: string, { content?: Record<string, { examples?: Record<string, { value: unknown }> }> }][] = [
      [`${POST}/requestBody`, post.requestBody],
      ...Object.keys(post.responses).map((status): (typeof bodies)[0] => [
        `${POST}/responses/${status}`,
        post.responses[status],
      ]),
    ];
    const examples = bodies.flatMap(([at, { content = {} }]) =>
      Object.entries(content).flatMap(([type, media]) =>
        Object.values(media.examples ?? {}).map(({ value }) => ({
          at: `${at}/content/${type.replace('/', '~1')}`,
          value,
        })),
      ),
    );
    for (const { at, value } of examples) {
      const validate = inOpenApi(`${at}/schema`);
      expect(validate(value), JSON.stringify([value, validate.errors])).toBe(true);
      expect([isRequest, isAnswer, isProblem].filter((is) => is(value))).toHaveLength(1);
    }
    expect(examples.length).toBeGreaterThan(8);
  });
});
