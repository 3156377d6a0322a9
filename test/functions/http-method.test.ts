import { expect, test } from 'vitest';
import { answerHttp, readHttpBody } from '../../functions/http.ts';
import { DEFAULT_LIMITS } from '../../lib/core/request.ts';

const limits = { ...DEFAULT_LIMITS, tokenLifetime: 900, maxTokenLifetime: 3600 };
const event = (method: string) => ({ requestContext: { http: { method } }, body: '{"audience":"a"}' });

test.each(['GET', 'PUT', 'DELETE', 'HEAD'])('%s asks for no token', async (method) => {
  const answer = await answerHttp(() => readHttpBody(event(method), limits));
  expect(answer.statusCode).toBe(405);
  expect(answer.headers.allow).toBe('POST');
  expect(JSON.parse(answer.body)).toMatchObject({
    code: 'method_not_allowed',
    detail: `a token is asked for with POST, got ${method}`,
  });
});

test('POST does', () => {
  expect(readHttpBody(event('POST'), limits)).toEqual({ audience: 'a' });
});
