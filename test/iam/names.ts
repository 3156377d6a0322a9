/** Who is who: what the local run calls its roles and resources, and what they are called where they are deployed. */
import { roleName } from '../../lib/cdk/roles.ts';
import { ACCOUNT, REGION } from '../../lib/local/wire.ts';
import { ISSUER } from '../cdk/synth.ts';

export { ISSUER };
export const OTHER_ISSUER = 'https://id.example.com';
export const FOREIGN_ACCOUNT = '444455556666';

export const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
export const keyArn = (name: string): string => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${name}`;
/** A client in another account, where it may do anything. */
export const FOREIGN_ROLE = `arn:aws:iam::${FOREIGN_ACCOUNT}:role/billing`;
/** By the name that its access key has in a local run. */
export const callerArn = (name: string): string => (name === 'billing' ? FOREIGN_ROLE : roleArn(name));

/** The roles of an issuer that its keys' policies name, and its documents' bucket. */
export const rolesOf = (issuer: string) => ({
  signer: roleArn(roleName(issuer, 'signer')),
  rotator: roleArn(roleName(issuer, 'rotator')),
  operator: roleArn(roleName(issuer, 'operator')),
});

/** By alias, who was granted it, and so its function URL. */
export const CALLERS: Readonly<Record<string, string>> = {
  'IssuerSign:any': roleArn('caller'),
  'OtherSign:orders': roleArn('orders'),
  'OtherSign:billing': FOREIGN_ROLE,
};

/** Of a local run that stands for the issuer with these logical ids. What is not here has one name in both. */
export function namesOf(prefix: 'Issuer' | 'Other', localIssuer: string): [local: string, deployed: string][] {
  const issuer = prefix === 'Issuer' ? ISSUER : OTHER_ISSUER;
  const { signer, rotator, operator } = rolesOf(issuer);
  return [
    [localIssuer, issuer],
    // lib/cli/local-stack.ts
    [roleArn('keyturn-signer'), signer],
    [roleArn('keyturn-rotator'), rotator],
    [roleArn('keyturn-operator'), operator],
    [':table/keyturn', `:table/${prefix}Table`],
    ['arn:aws:s3:::keyturn-documents', `arn:aws:s3:::${prefix}DocumentsBucket`],
    [':distribution/E2LOCALKEYTURN', `:distribution/${prefix}DocumentsDistribution`],
    ...Object.entries(FUNCTIONS).map(([local, id]): [string, string] => [
      `:function:${local}`,
      `:function:${prefix}${id}`,
    ]),
  ];
}

/** By its name in the local run, which its access key has too, the logical id of a function within its issuer. */
export const FUNCTIONS: Readonly<Record<string, string>> = {
  sign: 'Sign',
  rotate: 'Rotate',
  operate: 'Operate',
  deploy: 'DeploymentFunction',
  watch: 'TrailFunction',
};
