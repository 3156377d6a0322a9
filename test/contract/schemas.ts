/** The committed documents, compiled. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export const read = (name: string) => readFileSync(new URL(`../../docs/contract/${name}`, import.meta.url), 'utf8');
const parsed = (name: string) => JSON.parse(read(name));

/** A claim may be of any type, so that its keywords stand without one. */
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
addFormats.default(ajv);

export const isRequest = ajv.compile(parsed('sign-request.schema.json'));
export const isAnswer = ajv.compile(parsed('sign-answer.schema.json'));
export const isProblem = ajv.compile(parsed('problem.schema.json'));

const OPENAPI = 'urn:keyturn:openapi';
const openapi = parsed('openapi.json');
// To ajv the document is a schema of its own, with members that it does not know.
ajv.addVocabulary(Object.keys(openapi)).addSchema(openapi, OPENAPI);

/** A schema inside the OpenAPI document, by its JSON Pointer. */
export function inOpenApi(pointer: string) {
  const validate = ajv.getSchema(`${OPENAPI}#${pointer}`);
  if (!validate) throw new Error(`the OpenAPI document has no schema at ${pointer}`);
  return validate;
}
