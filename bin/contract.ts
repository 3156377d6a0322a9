/** `npm run contract`: writes the sign contract down, in docs/contract. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { openapi } from './contract/openapi.ts';
import * as schemas from './contract/schemas.ts';

const root = new URL('../', import.meta.url);
const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const ref: schemas.Reference = (name) => ({ $ref: `#/$defs/${name}` });
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };

/** By their names in docs/contract. */
export const DOCUMENTS: Readonly<Record<string, object>> = {
  'sign-request.schema.json': {
    $schema: DIALECT,
    $id: 'urn:keyturn:schema:sign-request',
    ...schemas.signRequest(ref),
    $defs: { ClaimName: schemas.claimName, ClaimValue: schemas.claimValue(ref) },
  },
  'sign-answer.schema.json': { $schema: DIALECT, $id: 'urn:keyturn:schema:sign-answer', ...schemas.answer },
  'problem.schema.json': { $schema: DIALECT, $id: 'urn:keyturn:schema:problem', ...schemas.problem },
  'openapi.json': openapi(version),
};

export const written = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;

if (import.meta.main) {
  const directory = new URL('docs/contract/', root);
  mkdirSync(directory, { recursive: true });
  for (const [name, document] of Object.entries(DOCUMENTS)) writeFileSync(new URL(name, directory), written(document));
}
