/** A synthesized template with its references resolved, as CloudFormation would, to names that can be read. */
import { ACCOUNT, REGION } from '../../lib/local/wire.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::URLSuffix': 'amazonaws.com',
};
/** Where a resource says its own name. */
const NAMED_BY = ['RoleName', 'FunctionName', 'TableName', 'BucketName', 'QueueName', 'LogGroupName'];

/** https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html */
const ARNS: Readonly<Record<string, (name: string) => string>> = {
  'AWS::DynamoDB::Table': (name) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`,
  'AWS::Events::Rule': (name) => `arn:aws:events:${REGION}:${ACCOUNT}:rule/${name}`,
  'AWS::IAM::Role': (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
  'AWS::Lambda::Function': (name) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`,
  'AWS::Logs::LogGroup': (name) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}:*`,
  'AWS::S3::Bucket': (name) => `arn:aws:s3:::${name}`,
  'AWS::SQS::Queue': (name) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`,
};

/** A logical id without the digest at its end. */
export const label = (id: string): string => id.replace(/[0-9A-F]{8}$/, '');

export class Resolved {
  readonly resources: ReadonlyMap<string, Resource>;
  readonly #names: ReadonlyMap<string, string>;

  /** @param names by logical id, where it has been deployed */
  constructor(
    template: { readonly Resources: Readonly<Record<string, Partial<Resource>>> },
    names: ReadonlyMap<string, string> = new Map(),
  ) {
    this.#names = names;
    this.resources = new Map(
      Object.entries(template.Resources).map(([id, { Type = '', Properties = {} }]) => [id, { Type, Properties }]),
    );
  }

  ofType(type: string): [id: string, properties: Readonly<Record<string, unknown>>][] {
    return [...this.resources]
      .filter(([, { Type }]) => Type === type)
      .map(([id, { Properties }]) => [id, this.resolve(Properties) as Record<string, unknown>]);
  }

  /** Its own, or one after its logical id. */
  name(id: string): string {
    const given = this.#names.get(id);
    if (given !== undefined) return given;
    const properties = this.#resource(id).Properties;
    const own = NAMED_BY.map((name) => properties[name]).find((value) => value !== undefined);
    return own === undefined ? label(id) : String(this.resolve(own));
  }

  arn(id: string): string {
    const { Type, Properties } = this.#resource(id);
    // A version or an alias is its function's ARN with a qualifier: this is what `Ref` gives.
    if (Type === 'AWS::Lambda::Alias' || Type === 'AWS::Lambda::Version') {
      const name = String(this.resolve(Properties.FunctionName));
      const functionArn = name.startsWith('arn:') ? name : ARNS['AWS::Lambda::Function']?.(name);
      return `${functionArn}:${Properties.Name ?? '1'}`;
    }
    const arn = ARNS[Type];
    if (!arn) throw new Error(`the ARN of a ${Type} is not known here (${id})`);
    return arn(this.name(id));
  }

  /** @throws Error for a function that is not here: a policy that is read half is read wrong */
  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((member) => this.resolve(member));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value);
    const [name = '', argument] = members[0] ?? [];
    if (members.length === 1 && (name === 'Ref' || name.startsWith('Fn::'))) return this.#call(name, argument);
    return Object.fromEntries(members.map(([key, member]) => [key, this.resolve(member)]));
  }

  #call(name: string, argument: unknown): unknown {
    if (name === 'Ref') return this.#ref(String(argument));
    if (name === 'Fn::GetAtt') return this.#attribute(...(argument as [string, string]));
    const args = (Array.isArray(argument) ? argument : [argument]).map((member) => this.resolve(member));
    if (name === 'Fn::Join') return (args[1] as string[]).join(String(args[0]));
    if (name === 'Fn::Split') return String(args[1]).split(String(args[0]));
    if (name === 'Fn::Select') return (args[1] as unknown[])[Number(args[0])];
    if (name === 'Fn::Sub') {
      return String(args[0]).replaceAll(/\$\{([^}]+)\}/g, (_, id: string) => String(this.#ref(id)));
    }
    throw new Error(`${name} is not resolved here`);
  }

  #ref(id: string): string {
    const pseudo = PSEUDO[id];
    if (pseudo) return pseudo;
    return /^AWS::Lambda::(?:Alias|Version)$/.test(this.#resource(id).Type) ? this.arn(id) : this.name(id);
  }

  #attribute(id: string, attribute: string): string {
    if (attribute === 'Arn') return this.arn(id);
    // None of them stands in a policy: only to be seen where one does.
    return `${id}.${attribute}`;
  }

  #resource(id: string): Resource {
    const found = this.resources.get(id);
    if (!found) throw new Error(`the template has no ${id}`);
    return found;
  }
}
