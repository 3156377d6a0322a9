/** Who verifies: a library that nobody here wrote, with what the verifier table knows of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VerifierName } from '../../lib/core/verifiers.ts';
import { HERE, type LanguageName } from './languages.ts';

export interface Library {
  /** As its worker knows it. */
  readonly name: string;
  readonly title: string;
  readonly language: LanguageName;
  /** What its versions are read from: the packages, as the language's lockfile names them. */
  readonly packages: readonly string[];
  /** The row of the verifier table; none for what has no way to fetch a JWKS, and gets keys that its worker holds. */
  readonly verifier?: VerifierName;
  /** Seconds between its fetches for unknown kids, where its worker sets them; otherwise the row has them. */
  readonly refetch?: number;
}

/** What the workers do for libraries that fetch nothing. */
const HELD = 30;

export const LIBRARIES: readonly Library[] = [
  { name: 'pyjwt', title: 'PyJWT', language: 'python', packages: ['pyjwt'], verifier: 'pyjwt' },
  { name: 'joserfc', title: 'joserfc', language: 'python', packages: ['joserfc'], refetch: HELD },
  { name: 'authlib', title: 'Authlib', language: 'python', packages: ['authlib'], refetch: HELD },
  {
    name: 'keyfunc',
    title: 'golang-jwt with keyfunc',
    language: 'go',
    packages: ['github.com/golang-jwt/jwt/v5', 'github.com/MicahParks/keyfunc/v3'],
    verifier: 'keyfunc',
    refetch: 15,
  },
  { name: 'go-jose', title: 'go-jose', language: 'go', packages: ['github.com/go-jose/go-jose/v4'], refetch: HELD },
  {
    name: 'go-oidc',
    title: 'go-oidc',
    language: 'go',
    packages: ['github.com/coreos/go-oidc/v3'],
    verifier: 'go-oidc',
  },
  { name: 'nimbus', title: 'Nimbus JOSE+JWT', language: 'java', packages: ['nimbus-jose-jwt'], verifier: 'nimbus' },
  {
    name: 'spring',
    title: 'Spring Security',
    language: 'java',
    packages: ['spring-security-oauth2-jose'],
    verifier: 'spring',
  },
  { name: 'jsonwebtoken', title: 'jsonwebtoken', language: 'rust', packages: ['jsonwebtoken'], refetch: HELD },
  { name: 'jose', title: 'jose', language: 'node', packages: ['jose'], verifier: 'jose' },
  {
    name: 'aws-jwt-verify',
    title: 'aws-jwt-verify',
    language: 'node',
    packages: ['aws-jwt-verify'],
    verifier: 'aws-jwt-verify',
  },
  {
    name: 'jwks-rsa',
    title: 'jsonwebtoken with jwks-rsa',
    language: 'node',
    packages: ['jsonwebtoken', 'jwks-rsa'],
    verifier: 'jwks-rsa',
  },
  {
    name: 'fast-jwt',
    title: 'fast-jwt with get-jwks',
    language: 'node',
    packages: ['fast-jwt', 'get-jwks'],
    verifier: 'get-jwks',
  },
];

/** How each language's own file pins a package. */
const PINS: Readonly<Record<LanguageName, readonly [file: string, pin: (name: string) => string]>> = {
  python: ['requirements.txt', (name) => `^${name}==([^ ]+)`],
  go: ['go.mod', (name) => `\\b${name} v([^ \n]+)`],
  java: ['pom.xml', (name) => `<artifactId>${name}</artifactId>\\s*<version>([^<]+)`],
  rust: ['Cargo.lock', (name) => `^name = "${name}"\nversion = "([^"]+)`],
  node: ['package.json', (name) => `"${name}": "([^"]+)`],
};

export function versionOf({ language, packages }: Library): string {
  const [file, pin] = PINS[language];
  const text = readFileSync(join(HERE, language, file), 'utf8');
  const versions = packages.map((name) => {
    const [, version] = new RegExp(pin(name), 'm').exec(text) ?? [];
    if (version === undefined) throw new Error(`${language}/${file} has no version of ${name}`);
    return version;
  });
  return versions.join(' with ');
}
