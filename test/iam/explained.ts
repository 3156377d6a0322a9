/** What is there and not missed when it is taken away, each with why it is there. A new one fails until it is explained. */
const FOR_ADMINISTRATORS = 'nobody of ours: what an administrator of the account may need, by his own IAM policies';

/** Allowed, and asked for in no run. */
export const UNUSED: Readonly<Record<string, string>> = {
  'IssuerKey AccountAdministersThroughIam: kms:CancelKeyDeletion': FOR_ADMINISTRATORS,
  'IssuerKey AccountAdministersThroughIam: kms:Enable*': FOR_ADMINISTRATORS,
  'IssuerKey AccountAdministersThroughIam: kms:List*': FOR_ADMINISTRATORS,
  'IssuerKey AccountAdministersThroughIam: kms:Put*':
    'KMS refuses a policy under which its creator could not change it later; see key-policy.test.ts',
};

const SAID_TWICE = 'the Deny of the same says it too, so that nobody can allow it by a statement of his own';

/** Conditions without which nothing more would be allowed. */
export const DOUBLED: Readonly<Record<string, string>> = {
  'IssuerKey OnlyTheSignerSigns: ArnEquals aws:principalarn': SAID_TWICE,
  'IssuerKey OnlyTheSignerSigns: StringEquals kms:messagetype': SAID_TWICE,
  'IssuerKey OnlyTheSignerSigns: StringEquals kms:signingalgorithm': SAID_TWICE,
};
