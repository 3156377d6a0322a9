/** What the other algorithms would have asked where one was recorded: they differ in what KMS calls them. */
import { type KeyRoles, keyPolicy } from '../../lib/aws/key-policy.ts';
import { KMS_NAMES } from '../../lib/aws/kms-names.ts';
import { ALGORITHMS, type Algorithm } from '../../lib/core/algorithms.ts';
import type { Account } from './account.ts';
import type { Request } from './decide.ts';
import { ISSUER, keyArn, rolesOf } from './names.ts';

const RECORDED: Algorithm = 'ES256';

export const keyRoles = (issuer: string): KeyRoles => {
  const { signer, rotator, operator } = rolesOf(issuer);
  return { signerRoleArn: signer, rotatorRoleArns: [rotator, operator] };
};

export function inEveryAlgorithm(account: Account, recorded: readonly Request[]): Request[] {
  const names = KMS_NAMES[RECORDED];
  const own = recorded.filter(({ context }) => context['kms:keyspec'] === names.keySpec);
  return (Object.keys(ALGORITHMS) as Algorithm[]).flatMap((algorithm) => {
    const { keySpec, signingAlgorithm, messageType } = KMS_NAMES[algorithm];
    account.addKey(keyArn(`Issuer-${algorithm}`), 'IssuerKey', keyPolicy(keyRoles(ISSUER), algorithm));
    const renamed: [string, string][] = [
      [names.keySpec, keySpec],
      [names.signingAlgorithm, signingAlgorithm],
      [`"${names.messageType}"`, `"${messageType}"`],
      [RECORDED, algorithm],
    ];
    return own.map((request) => {
      const text = renamed.reduce((all, [from, to]) => all.replaceAll(from, to), JSON.stringify(request));
      return JSON.parse(text) as Request;
    });
  });
}
