/** Who may ask the sign function for tokens: grantees for any, through the alias `any`, or clients, each through its own. */
import { Annotations } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Alias, FunctionUrl, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { checkClientRules } from '../core/client-rules.ts';
import type { ClientRules } from '../core/clients.ts';
import type { Policy } from '../core/config.ts';
import { KeyturnError } from '../core/errors.ts';
import { addCallable, type ClientProps, grantCalls, type IssuerClient, rulesOf } from './clients.ts';
import type { TokenIssuerBase } from './issuer-base.ts';
import { clientMetrics } from './log-metrics.ts';
import { RULES_FILE } from './sign-code.ts';

const ANY_WARNING =
  'this issuer has no clients: whoever may invoke its alias "any" may have any token; addClient says who may ask for what';

export class Callers {
  readonly clients = new Map<string, IssuerClient>();
  readonly #issuer: TokenIssuerBase;
  readonly #signFunction: LambdaFunction;
  /** As the function's asset holds them. */
  readonly #rules: Record<string, ClientRules>;
  readonly #policy: Policy;
  #any: { readonly alias: Alias; readonly url: FunctionUrl } | undefined;
  #isGranted = false;

  /** @param rules filled with every client's */
  constructor(
    issuer: TokenIssuerBase,
    signFunction: LambdaFunction,
    rules: Record<string, ClientRules>,
    policy: Policy,
  ) {
    this.#issuer = issuer;
    this.#signFunction = signFunction;
    this.#rules = rules;
    this.#policy = policy;
    this.#any = addCallable(signFunction, 'any');
    Annotations.of(issuer).addWarningV2('keyturn:any', ANY_WARNING);
  }

  get any(): { readonly alias: Alias; readonly url: FunctionUrl } | undefined {
    return this.#any;
  }

  /** @throws KeyturnError `policy_invalid`; then nothing has changed */
  add(name: string, props: ClientProps): IssuerClient {
    if (this.#isGranted) refuseBoth(`addClient(${JSON.stringify(name)})`);
    if (Object.hasOwn(this.#rules, name)) throw new KeyturnError('policy_invalid', `client ${name} is there already`);
    // In JavaScript no compiler asks for it.
    if (!props.role?.roleArn)
      throw new KeyturnError('policy_invalid', `client ${name} must have a role, got none: it is who calls`);
    const rules = { ...this.#rules, [name]: rulesOf(name, props, this.#policy.maxTokenLifetime) };
    checkClientRules(rules, this.#policy.secretClaims);
    this.#removeAny();
    Object.assign(this.#rules, rules);
    const client = {
      name,
      ...addCallable(this.#signFunction, name),
      ...clientMetrics(this.#issuer.issuerUrl, name),
    };
    grantCalls(client.alias, props.role);
    this.clients.set(name, client);
    return client;
  }

  /** @throws KeyturnError `policy_invalid` where there are clients */
  grantAny(grantee: IGrantable): Grant {
    if (!this.#any) return refuseBoth('grantSign');
    this.#isGranted = true;
    return grantCalls(this.#any.alias, grantee);
  }

  #removeAny(): void {
    if (!this.#any) return;
    this.#signFunction.node.tryRemoveChild(this.#any.alias.node.id);
    this.#issuer.node.tryRemoveChild('SignUrl');
    this.#any = undefined;
    this.#signFunction.addEnvironment('KEYTURN_CLIENTS', RULES_FILE);
    Annotations.of(this.#issuer).acknowledgeWarning('keyturn:any', 'there are clients');
  }
}

function refuseBoth(what: string): never {
  throw new KeyturnError(
    'policy_invalid',
    `${what}: an issuer either lets grantees have any token, with grantSign, or has clients, with addClient`,
  );
}
