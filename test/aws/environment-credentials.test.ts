import { afterEach, expect, test, vi } from 'vitest';
import { defaultProvider } from '../../lib/aws/environment-credentials.ts';

afterEach(() => vi.unstubAllEnvs());

test('they are what Lambda has set, with or without a session', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIA');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
  expect(await defaultProvider()()).toEqual({ accessKeyId: 'AKIA', secretAccessKey: 'secret' });
  vi.stubEnv('AWS_SESSION_TOKEN', 'session');
  expect(await defaultProvider()()).toMatchObject({ sessionToken: 'session' });
});

test('the environment is read once, and again where they were missing', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  const provide = defaultProvider();
  await expect(provide()).rejects.toThrow('must be set');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIA');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  expect(await provide()).toBe(await provide());
});
