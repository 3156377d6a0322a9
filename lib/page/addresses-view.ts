/** Where everything is. */
import { pagePaths } from '../core/issuer.ts';
import { copyButton } from './copy.ts';
import type { Documents } from './documents.ts';
import { byId, element, show } from './element.ts';

interface Address {
  readonly name: string;
  readonly url: string;
  readonly why: string;
}

export function showAddresses({ issuer, timeline }: Documents, paths: Readonly<Record<string, string>>): void {
  const { origin } = new URL(issuer);
  const addresses: Address[] = [
    { name: 'Issuer', url: issuer, why: 'the iss of every token, character for character' },
    { name: 'JWKS', url: `${origin}${paths.jwks}`, why: 'the keys: what a verifier fetches' },
    { name: 'OpenID configuration', url: `${origin}${paths.openidConfiguration}`, why: 'OpenID Connect Discovery' },
    { name: 'Server metadata', url: `${origin}${paths.oauthAuthorizationServer}`, why: 'RFC 8414' },
  ];
  if (timeline) {
    addresses.push({ name: 'Timeline', url: `${origin}${pagePaths(issuer).timeline}`, why: 'what this page draws' });
  }
  show(byId('addresses'), ...addresses.map(rowOf));
}

const rowOf = ({ name, url, why }: Address): HTMLElement =>
  element(
    'div',
    { 'data-key': url },
    element('dt', {}, name, element('small', {}, why)),
    element('dd', {}, element('code', {}, url), copyButton(name, url)),
  );
