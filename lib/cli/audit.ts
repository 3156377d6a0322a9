/** `keyturn audit`: keyring, published documents and KMS keys, held against each other. */
import { parseArgs } from 'node:util';
import { KMSClient } from '@aws-sdk/client-kms';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { documentVersions } from '../aws/document-versions.ts';
import { functionFacts } from '../aws/function-facts.ts';
import { KmsKeys } from '../aws/kms-keys.ts';
import { audit } from '../core/audit.ts';
import type { Keyring } from '../core/keyring.ts';
import type { KmsKey } from '../core/ports.ts';
import { withProgress } from './operating.ts';
import { resolveTarget, type Target } from './target.ts';
import { EXIT, print, printJson, TARGET_HELP, TARGET_OPTIONS, UsageError } from './verb.ts';
import { viewOf } from './view.ts';

export const summary = 'hold keyring, documents and KMS keys against each other';

export const help = `Usage: keyturn audit [options]

After a break-in, a restore, or out of habit: a key that was published and that this issuer never made, a
version that went back, a key that left while its tokens could live, a KMS key that is enabled and should
not be, an object that is none of ours. It changes nothing. Exits with 1 when something does not fit.

Beyond grantRead it needs:
  s3:ListBucketVersions                      on the bucket
  s3:GetObjectVersion                        on its public/*
  tag:GetResources                           on *
  kms:DescribeKey, kms:GetKeyPolicy          on the keys with the tag keyturn:issuer
  lambda:GetFunctionConfiguration            on the operate function

  --versions N        how many versions of each document it reads, the newest first (default 500)
${TARGET_HELP}
Example:
  keyturn audit --stack Tokens
`;

export async function run(args: string[]): Promise<number> {
  const options = { ...TARGET_OPTIONS, versions: { type: 'string', default: '500' } } as const;
  const { values } = parseArgs({ args, options });
  const limit = Number(values.versions);
  if (!(Number.isInteger(limit) && limit > 0)) throw new UsageError('--versions must be a number of at least 1');
  const target = await resolveTarget(values);
  const evidence = await withProgress('reading', evidenceOf(target, limit), values.json);
  const misfits = audit(evidence, evidence.policy, evidence.now);
  const { versions, kms, keyring } = evidence;
  const counts = { versions: versions.length, kmsKeys: kms.length, keys: keyring.keys.length };
  if (values.json) printJson({ issuer: keyring.issuer, fits: misfits.length === 0, ...counts, misfits });
  else {
    print(`${keyring.issuer}   ${misfits.length === 0 ? 'everything fits' : 'DOES NOT FIT'}\n`);
    print(`  ${counts.keys} keys in the keyring, ${counts.versions} versions of documents, ${counts.kmsKeys} KMS keys`);
    if (misfits.length > 0) print('');
    for (const { what } of misfits) print(`  ! ${what}`);
    if (misfits.length > 0) print('\nwho did it is in CloudTrail; docs/runbooks/compromise.md');
  }
  return misfits.length === 0 ? EXIT.done : EXIT.problem;
}

async function evidenceOf(target: Target, limit: number) {
  // Documents before keyring: what a tick publishes meanwhile is known to the keyring that is read after it.
  const versions = await documentVersions(target.s3, target.outputs.BucketName, limit);
  const { keyring, policy, now } = await viewOf(target);
  return { versions, keyring, policy, now, kms: await kmsKeysOf(target, keyring) };
}

/** The tag index lags behind, and a key whose tag was taken off is still ours. */
async function kmsKeysOf(target: Target, { issuer, keys }: Keyring): Promise<KmsKey[]> {
  const { environment } = await functionFacts(target.lambda, target.outputs.OperateFunctionName);
  const kms = new KMSClient(target.aws);
  const manager = new KmsKeys({
    kms,
    kmsOnce: kms,
    tagging: new ResourceGroupsTaggingAPIClient(target.aws),
    issuer,
    roles: {
      signerRoleArn: environment.KEYTURN_SIGNER_ROLE_ARN ?? '',
      rotatorRoleArns: (environment.KEYTURN_ROTATOR_ROLE_ARNS ?? '').split(','),
    },
  });
  const tagged = await manager.tagged();
  const missing = keys.filter(({ keyArn }) => !tagged.some((key) => key.keyArn === keyArn));
  const described = await Promise.all(missing.map(({ keyArn }) => manager.describe(keyArn)));
  return [...tagged, ...described];
}
