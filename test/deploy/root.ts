/** What the account's root asks of STS and IAM. */
import { AwsV4Signer } from 'aws4fetch';
import type { Credentials } from '../aws/clients.ts';
import { REGION, ROOT } from './account.ts';
import { fetchAt } from './fetch-at.ts';

/** Answers with a reader of the answer's members. */
async function ask(endpoint: string, service: 'sts' | 'iam', asked: Record<string, string>) {
  const url = `https://${service}.amazonaws.com/`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams(asked).toString();
  const signer = new AwsV4Signer({ url, method: 'POST', headers, body, service, region: REGION, ...ROOT });
  const signed = await signer.sign();
  const response = await fetchAt(endpoint)(url, { method: 'POST', headers: signed.headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${asked.Action} is answered with ${response.status}: ${text}`);
  return (name: string): string => new RegExp(`<${name}>([^<]+)<`).exec(text)?.[1] ?? '';
}

export async function assume(endpoint: string, RoleArn: string): Promise<Credentials> {
  const asked = { Action: 'AssumeRole', Version: '2011-06-15', RoleArn, RoleSessionName: 'tests' };
  const member = await ask(endpoint, 'sts', asked);
  return {
    accessKeyId: member('AccessKeyId'),
    secretAccessKey: member('SecretAccessKey'),
    sessionToken: member('SessionToken'),
  };
}

/** Another one for every role that is made, whatever its name. */
export async function roleId(endpoint: string, RoleName: string): Promise<string> {
  const member = await ask(endpoint, 'iam', { Action: 'GetRole', Version: '2010-05-08', RoleName });
  return member('RoleId');
}
