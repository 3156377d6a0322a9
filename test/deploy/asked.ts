/**
 * What the functions of a deployment asked of AWS, before the evaluation of test/iam: over the template that is deployed,
 * with the names that its resources have been given, and the policies that its keys really have.
 */
import { DescribeStackResourcesCommand, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  ListResourceTagsCommand,
  paginateListKeys,
} from '@aws-sdk/client-kms';
import { Bucket } from '../../lib/local/bucket.ts';
import { CloudFront } from '../../lib/local/cloudfront.ts';
import { describeJson } from '../../lib/local/json-api.ts';
import { LambdaApi } from '../../lib/local/lambda-api.ts';
import { S3 } from '../../lib/local/s3.ts';
import { nowhere } from '../../lib/local/state.ts';
import type { AwsCall, AwsService } from '../../lib/local/wire.ts';
import type { AwsClients } from '../aws/clients.ts';
import { Account } from '../iam/account.ts';
import { askedBy, type KmsKey, type Present } from '../iam/calls.ts';
import type { Request } from '../iam/decide.ts';
import { requestOf } from '../iam/recorder.ts';
import { Resolved } from '../iam/template.ts';

/** As launch/calls.py writes it down. */
interface Line {
  readonly role: string;
  readonly action: string;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, readonly string[]>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly allowed: boolean;
}

/** What a function may do: by its role, and by the policies of the keys. */
export const OF_FUNCTIONS = /^Issuer(?:Roles\w+|DeploymentRole|Key) (?!trust )/;

const ITS_LOG = 'Lambda writes it with the role’s credentials, and the emulator without';
const MISSING = 'of an object that is missing, which is asked for before there is anything to compare with';
/** What is allowed and not asked for in this one deployment, each with why it is there; test/iam sees it asked for. */
export const UNASKED: Readonly<Record<string, string>> = {
  'IssuerDeploymentRole WriteOwnLog': ITS_LOG,
  'IssuerRolesOperator AskForACanary':
    'a rotation that is asked for when its standby has had its lead; here it has not',
  'IssuerRolesOperator ScheduleDeletionNoSoonerThanConfigured': 'as above, of a key whose grace is over by then',
  'IssuerRolesOperator TellMissingFromForbidden': MISSING,
  'IssuerRolesOperator WriteOwnLog': ITS_LOG,
  'IssuerRolesRotator ReportFailedTicks': 'Lambda puts a failed tick into the queue, and none fails',
  'IssuerRolesRotator TellMissingFromForbidden': MISSING,
  'IssuerRolesRotator WriteOwnLog': ITS_LOG,
  'IssuerRolesSigner WriteOwnLog': ITS_LOG,
};

export interface AskedOfEmulator {
  /** What the emulator takes it for. */
  readonly action: string;
  /** What it has decided. */
  readonly allowed: boolean;
  /** All that IAM is asked in this one call. */
  readonly requests: readonly Request[];
}

export interface Asking {
  readonly account: Account;
  readonly template: Resolved;
  readonly calls: readonly AskedOfEmulator[];
}

export async function askedByFunctions(aws: AwsClients, stackName: string, lines: readonly string[]): Promise<Asking> {
  const template = await deployedTemplate(aws, stackName);
  const account = new Account(template);
  const present = await presentIn(aws, account);
  const roles = new Map(template.ofType('AWS::Lambda::Function').map(([, { Role }]) => [nameOf(String(Role)), Role]));
  const calls = lines
    .map((line) => JSON.parse(line) as Line)
    .filter(({ role }) => roles.has(role))
    .map((line): AskedOfEmulator => {
      const principal = { arn: String(roles.get(line.role)) };
      const asked = askedBy(callOf(line), present);
      for (const { resource, newKeyPolicy } of asked)
        if (newKeyPolicy !== undefined) account.addKey(resource, 'IssuerKey', JSON.parse(newKeyPolicy));
      return { ...line, requests: asked.map((one) => requestOf(principal, one)) };
    });
  return { account, template, calls };
}

async function deployedTemplate({ cloudformation }: AwsClients, StackName: string): Promise<Resolved> {
  const { TemplateBody = '' } = await cloudformation.send(new GetTemplateCommand({ StackName }));
  const { StackResources = [] } = await cloudformation.send(new DescribeStackResourcesCommand({ StackName }));
  const names = StackResources.map(({ LogicalResourceId = '', PhysicalResourceId = '', ResourceType }) => {
    // The one whose physical id is an address.
    const name = ResourceType === 'AWS::SQS::Queue' ? nameOf(PhysicalResourceId) : PhysicalResourceId;
    return [LogicalResourceId, name] as const;
  });
  return new Resolved(JSON.parse(TemplateBody), new Map(names));
}

/** With every key, whose policies the account learns. */
async function presentIn({ kms }: AwsClients, account: Account): Promise<Present> {
  const keys = new Map<string, KmsKey>();
  for await (const { Keys = [] } of paginateListKeys({ client: kms }, {})) {
    for (const { KeyId = '', KeyArn = '' } of Keys) {
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
      const { Tags } = await kms.send(new ListResourceTagsCommand({ KeyId }));
      const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }));
      account.addKey(KeyArn, 'IssuerKey', JSON.parse(Policy));
      const key = { metadata: KeyMetadata, tags: Tags } as unknown as KmsKey;
      keys.set(KeyId, key).set(KeyArn, key);
    }
  }
  // Of an object that is missing more is asked (calls.ts): that it was, the first time, is nothing that can be known here.
  return { key: (id) => keys.get(id), hasObject: () => true };
}

/** By the name in the credential scope, as lib/local/stack.ts has them. */
const SERVICES: Readonly<Record<string, Pick<AwsService, 'describe'>>> = {
  s3: new S3(new Bucket('', nowhere)),
  cloudfront: new CloudFront('', () => {}),
  lambda: new LambdaApi(() => {
    throw new Error('nothing is invoked here');
  }),
};

function callOf({ service, method, path, query, headers, body }: Line): Omit<AwsCall, 'accessKeyId'> {
  const parameters = Object.entries(query).map(([name, [value = '']]): [string, string] => [name, value]);
  const request = { method, path, query: new URLSearchParams(parameters), headers, body: Buffer.from(body) };
  return { service, ...(SERVICES[service]?.describe(request) ?? describeJson(request)) };
}

const nameOf = (address: string): string => address.slice(address.lastIndexOf('/') + 1);
