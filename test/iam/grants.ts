/** Whoever was granted something uses it, over the wire and under a name of his own. */
import { expect } from 'vitest';
import { type Issuer, REQUEST } from '../functions/issuer.ts';

interface Use {
  readonly service: string;
  readonly path: string;
  readonly target?: string;
  readonly body?: object;
}
const invoke = (name: string, body: object, alias?: string): Use => ({
  service: 'lambda',
  path: `/2015-03-31/functions/${name}/invocations${alias ? `?Qualifier=${alias}` : ''}`,
  body,
});

const read = (item: string): Use => ({
  service: 'dynamodb',
  path: '/',
  target: 'DynamoDB_20120810.GetItem',
  body: { TableName: 'keyturn', Key: { issuer: { S: item } } },
});

const JWKS = 'public/.well-known/jwks.json';
const object = (query: string): Use => ({ service: 's3', path: `/keyturn-documents/${query}` });
const json = (service: string, target: string, body: object): Use => ({ service, path: '/', target, body });
const configuration = (name: string): Use => ({
  service: 'lambda',
  path: `/2015-03-31/functions/${name}/configuration`,
});

const reading = ({ policy: { issuer } }: Issuer): Use[] => [
  read(issuer),
  // lib/aws/tick-records.ts
  read(`${issuer}#tick`),
  object(JWKS),
];

function auditing(issuer: Issuer): Use[] {
  const [key] = issuer.kms.resources();
  const body = { KeyId: key?.arn };
  return [
    ...reading(issuer),
    object('?versions'),
    object(`${JWKS}?versionId=${issuer.s3.get(JWKS).versionId}`),
    configuration('sign'),
    configuration('operate'),
    json('tagging', 'ResourceGroupsTaggingAPI_20170126.GetResources', {}),
    json('kms', 'TrentService.DescribeKey', body),
    json('kms', 'TrentService.GetKeyPolicy', { ...body, PolicyName: 'default' }),
  ];
}

const USES: Readonly<Record<string, (issuer: Issuer) => Use[]>> = {
  caller: () => [invoke('sign', REQUEST, 'any')],
  orders: () => [invoke('sign', REQUEST, 'orders')],
  billing: () => [invoke('sign', REQUEST, 'billing')],
  person: () => [invoke('operate', {})],
  reader: reading,
  auditor: auditing,
};

export async function useGrants(issuer: Issuer, roles: readonly string[]): Promise<void> {
  for (const role of roles) {
    for (const { service, path, target = '', body } of USES[role]?.(issuer) ?? []) {
      // The endpoint reads off the signature's scope who calls what; nobody checks the signature.
      const scope = `AKIALOCAL${role}/20261101/us-east-1/${service}/aws4_request`;
      const headers = {
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-date': '20261101T000000Z',
        'x-amz-target': target,
      };
      const init = body ? { method: 'POST', body: JSON.stringify(body) } : {};
      const response = await fetch(`${issuer.awsEndpointUrl}${path}`, { ...init, headers });
      expect(response.status, await response.text()).toBe(200);
    }
  }
}
