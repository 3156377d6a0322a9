/** The grammar that KMS holds a key policy to. Who may do what is not decided here: nothing on a machine enforces IAM. */
import { ACCOUNT, AwsError } from './wire.ts';

/** KMS Developer Guide, "Default key policy". */
export const DEFAULT_KEY_POLICY = JSON.stringify({
  Version: '2012-10-17',
  Id: 'key-default-1',
  Statement: [
    {
      Sid: 'Enable IAM User Permissions',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
});

const MAX_POLICY_BYTES = 32_768;

/** @throws AwsError `MalformedPolicyDocumentException`, `LimitExceededException` */
export function checkKeyPolicy(policy: string): void {
  if (Buffer.byteLength(policy) > MAX_POLICY_BYTES) {
    throw new AwsError(400, 'LimitExceededException', `Policy is longer than ${MAX_POLICY_BYTES} bytes.`);
  }
  const document = parsed(policy);
  if (document.Version !== undefined && document.Version !== '2012-10-17' && document.Version !== '2008-10-17') {
    throw malformed('Policy has an unknown Version.');
  }
  const statements: unknown[] = [document.Statement ?? []].flat();
  if (statements.length === 0) throw malformed('Policy contains no statement.');
  for (const statement of statements) checkStatement(statement);
}

/** IAM User Guide, "Grammar of the IAM JSON policy language", for a policy that is attached to a resource. */
function checkStatement(statement: unknown): void {
  if (!isObject(statement)) throw malformed('Policy contains a statement that is not an object.');
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny')
    throw malformed('Policy contains an invalid Effect.');
  for (const element of ['Principal', 'Action', 'Resource']) {
    if ((statement[element] === undefined) === (statement[`Not${element}`] === undefined)) {
      throw malformed(`Policy contains a statement with no ${element.toLowerCase()}, or with two.`);
    }
  }
}

function parsed(policy: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(policy);
    if (isObject(document)) return document;
  } catch {
    // Said below, as for any other text that is not an object.
  }
  throw malformed('Policy is not a valid JSON document.');
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const malformed = (sentence: string): AwsError => new AwsError(400, 'MalformedPolicyDocumentException', sentence);
