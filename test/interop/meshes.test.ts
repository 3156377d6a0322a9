/** docs/verifiers/envoy.md and istio.md: their configurations are read by the types that Envoy and Istio publish. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { LANGUAGES, meshes, programOf } from './languages.ts';

const missing = LANGUAGES.find(({ name }) => name === 'go')?.missing();
if (missing) process.stdout.write(`test:interop: the pages of Envoy and Istio are not tried, ${missing}\n`);

const configurationOf = (page: string): string => {
  const text = readFileSync(new URL(`../../docs/verifiers/${page}.md`, import.meta.url), 'utf8');
  return /^```yaml\n(.*?)^```/ms.exec(text)?.[1] ?? '';
};

describe.skipIf(missing)('the configuration of', () => {
  let check: (text: string) => { readonly status: number | null; readonly stdout: string; readonly stderr: string };
  beforeAll(async () => {
    const { command } = await programOf(meshes);
    check = (input) => spawnSync(command, { input, encoding: 'utf8' });
  });

  test.each([
    ['envoy', ['envoy.filters.http.jwt_authn']],
    ['istio', ['RequestAuthentication', 'AuthorizationPolicy']],
  ])('%s', (page, read) => {
    const { stdout, stderr } = check(configurationOf(page));
    expect({ read: stdout.trim().split('\n'), stderr }).toEqual({ read, stderr: '' });
  });

  test.each<[string, string, string, RegExp]>([
    ['envoy', 'cache_duration:', 'cache_seconds:', /unknown field "cache_seconds"/],
    ['envoy', 'timeout: 5s', 'timeout: -5s', /Timeout: value must be inside range/],
    ['istio', 'jwksUri:', 'jwks_url:', /unknown field "jwks_url"/],
    ['istio', 'action: DENY', 'action: REFUSE', /invalid value for enum/],
  ])('%s with another word for %s is an error', (page, word, another, error) => {
    expect(check(configurationOf(page).replace(word, another)).stderr).toMatch(error);
  });
});
