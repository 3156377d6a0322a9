/** Records what a run asks of AWS as requests of the deployed roles, each kind of request once. */
import type { LocalStack } from '../../lib/cli/local-stack.ts';
import type { AwsCall } from '../../lib/local/wire.ts';
import type { Account } from './account.ts';
import { type Asked, askedBy, type KmsKey, type Present } from './calls.ts';
import type { Context } from './conditions.ts';
import type { Principal, Request } from './decide.ts';
import type { Deployed } from './deployed.ts';
import { callerArn, FUNCTIONS, keyArn, namesOf } from './names.ts';
import type { Resolved } from './template.ts';

/** Whoever calls, and over what. */
const contextOf = (principal: Principal): Context => ({
  'aws:principalarn': 'arn' in principal ? principal.arn : null,
  'aws:principalaccount': 'arn' in principal ? (principal.arn.split(':')[4] ?? null) : null,
  'aws:securetransport': 'true',
  'aws:sourcearn': null,
  'aws:sourceaccount': null,
});

export const requestOf = (principal: Principal, { action, resource, context }: Asked): Request => ({
  principal,
  action,
  resource,
  context: { ...contextOf(principal), ...context },
});

/** What a test says of one that is denied. */
export const sentence = ({ principal, action, resource, context }: Request): string => {
  const who = 'arn' in principal ? principal.arn : principal.service;
  const said = Object.entries(context).filter(([, value]) => value !== null);
  return `${who} must be allowed ${action} on ${resource} with ${JSON.stringify(Object.fromEntries(said))}`;
};

/** Identifiers and ETags are never the same twice, and no policy names one. */
export const kindOf = (request: Request): string =>
  JSON.stringify(request).replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}/g, '…');

function presentIn({ kms, s3 }: LocalStack): Present {
  const ask = <T>(operation: string, KeyId: string) => kms.operations[operation]?.({ KeyId }) as T;
  return {
    key: (id) => {
      try {
        const { KeyMetadata: metadata } = ask<{ KeyMetadata: KmsKey['metadata'] }>('DescribeKey', id);
        return { metadata, tags: ask<{ Tags: KmsKey['tags'] }>('ListResourceTags', id).Tags };
      } catch {
        return undefined;
      }
    },
    hasObject: (key) => s3.objects(key).some((version) => version.key === key),
  };
}

/** Somebody's hand in a test, that restores a table or breaks a key: no permission of ours. */
const A_HAND = 'me';

export class Recorder {
  readonly #account: Account;
  readonly #template: Resolved;
  readonly #requests = new Map<string, Request>();

  constructor({ account, template }: Deployed) {
    this.#account = account;
    this.#template = template;
  }

  get requests(): Request[] {
    return [...this.#requests.values()];
  }

  /**
   * @param prefix the issuer that the stack stands for
   * @throws Error for a caller that is no function and no role of the deployment
   */
  record(call: AwsCall, stack: LocalStack, prefix: 'Issuer' | 'Other'): void {
    const caller = call.accessKeyId.replace('AKIALOCAL', '');
    if (caller === A_HAND) return;
    const principal = { arn: this.#roleOf(caller, prefix) };
    for (const asked of askedBy(call, presentIn(stack))) this.add(principal, this.#deployed(asked, stack, prefix));
  }

  add(principal: Principal, asked: Asked): void {
    const request = requestOf(principal, asked);
    const kind = kindOf(request);
    if (!this.#requests.has(kind)) this.#requests.set(kind, request);
  }

  #deployed(asked: Asked, { policy: { issuer }, kms }: LocalStack, prefix: 'Issuer' | 'Other'): Asked {
    const rename = (text: string) =>
      namesOf(prefix, issuer).reduce((renamed, [local, name]) => renamed.replaceAll(local, name), text);
    const found = JSON.parse(rename(JSON.stringify(asked))) as Asked;
    const { resource, context, newKeyPolicy } = found;
    const [, id] = /^arn:aws:kms:.*:key\/(.*)$/.exec(resource) ?? [];
    if (id === undefined) return found;
    // All keys of one algorithm have one policy.
    const arn = keyArn(`${prefix}-${context['aws:resourcetag/keyturn:algorithm'] ?? id}`);
    const present = kms.operations.GetKeyPolicy as (input: object) => { Policy: string };
    const policy = newKeyPolicy ?? rename(present({ KeyId: id }).Policy);
    this.#account.addKey(arn, `${prefix}Key`, JSON.parse(policy));
    return { ...found, resource: arn };
  }

  #roleOf(name: string, prefix: string): string {
    const id = `${prefix}${FUNCTIONS[name]}`;
    const [, { Role: role = callerArn(name) } = {}] =
      this.#template.ofType('AWS::Lambda::Function').find(([other]) => this.#template.name(other) === id) ?? [];
    const arn = String(role);
    if (this.#account.roleArns.includes(arn)) return arn;
    throw new Error(`${name} is neither a function nor a role of the template`);
  }
}
