/**
 * Who writes the keyring, whatever other policies of the account allow: a public key in it is published by the next tick, so
 * whoever writes it can have tokens of his own verified.
 */
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** All that change an item, PartiQL included. A transaction or a batch is checked as what it holds. */
const WRITES = [
  ...['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'],
  ...['PartiQLInsert', 'PartiQLUpdate', 'PartiQLDelete'],
].map((name) => `dynamodb:${name}`);

export const tableFence = (writerArns: readonly string[]): PolicyDocument =>
  new PolicyDocument({
    statements: [
      new PolicyStatement({
        sid: 'NobodyElseWritesTheKeyring',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: WRITES,
        // The policy is a property of the table itself, which cannot name its own ARN.
        resources: ['*'],
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': [...writerArns] } },
      }),
    ],
  });
