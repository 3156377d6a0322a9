/** The deployed bundles on the local stand-ins for AWS: the names and the environment that lib/cdk gives them too. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OperateEnvironment, SignEnvironment } from '../../functions/environment.ts';
import { checkClientRules } from '../core/client-rules.ts';
import { type ClientRules, type Clients, readClients } from '../core/clients.ts';
import { type Policy, parsePolicy, policyToJson } from '../core/config.ts';
import { documentPaths, parseIssuer } from '../core/issuer.ts';
import { isPlainObject } from '../core/json.ts';
import { contentSecurityPolicy } from '../core/page-policy.ts';
import { ROTATOR_TIMEOUT_SECONDS, requireSafe } from '../core/policy.ts';
import { signerPolicyToJson } from '../core/signer-policy.ts';
import { type Stack, type StackOptions, startStack } from '../local/stack.ts';

const BUNDLES = fileURLToPath(new URL('../../dist/functions/', import.meta.url));
const TABLE = 'keyturn';
const BUCKET = 'keyturn-documents';
const DISTRIBUTION = 'E2LOCALKEYTURN';
const ROLE = 'arn:aws:iam::000000000000:role/keyturn';

export interface LocalOptions extends Pick<StackOptions, 'host' | 'port' | 'dataDirectory' | 'onLog' | 'onTick'> {
  /** The issuer's name, where the machine's own does not reach: in containers. */
  readonly issuer?: string;
  /** As in `keyturn.config.json`. Its issuer's origin gives way to the local address; the path stays. */
  readonly config: Readonly<Record<string, unknown>>;
  /** How many environments the sign function may have at once. */
  readonly signers?: number;
  /** As the construct's prop. */
  readonly events?: boolean;
  /** As the construct's prop. */
  readonly page?: boolean;
  /** False: ticks only when asked for. */
  readonly ticking?: boolean;
  readonly hooks?: Pick<StackOptions, 'onCall' | 'before'>;
}

export interface LocalStack extends Stack {
  readonly policy: Policy;
  /** Undefined: an issuer without clients. */
  readonly clients: Clients | undefined;
}

/** @throws KeyturnError `policy_invalid`, `policy_unsafe`; Error with one sentence for a port or directory */
export async function startLocalStack(options: LocalOptions): Promise<LocalStack> {
  const { signers = 4, events = false, page = false, ticking = true, hooks, config: whole, issuer, ...rest } = options;
  const { clients: rules, ...settings } = whole;
  const config = { ...settings, ...(issuer !== undefined && { issuer: parseIssuer(issuer) }) };
  const policyAt = (port: number) => (issuer === undefined ? localPolicy(config, port) : parsePolicy(config));
  if (!existsSync(join(BUNDLES, 'sign', 'index.js'))) {
    throw new Error(`the functions are not built: run "npm run build" (${BUNDLES} has no sign/index.js)`);
  }
  // Checked before anything listens; the port may be any until then.
  const { secretClaims } = requireSafe(policyAt(options.port || 1));
  const checked = rules === undefined ? undefined : checkClientRules(withoutRoles(rules), secretClaims);
  const clients = checked && readClients(checked);
  const asset = checked && new RulesFile(checked);
  let policy: Policy | undefined;
  const stack = await startStack({
    ...rest,
    ...hooks,
    ...(page && { edgeHeaders: { 'content-security-policy': contentSecurityPolicy(builtPage()) } }),
    tableName: TABLE,
    bucketName: BUCKET,
    distributionId: DISTRIBUTION,
    routes: {
      sign: 'sign:any',
      ...(clients && { clients: Object.fromEntries([...clients.keys()].map((id) => [id, `sign:${id}`])) }),
      operate: 'operate',
      rotate: 'rotate',
    },
    outputs: (url) => ({
      IssuerUrl: policy?.issuer ?? '',
      JwksUrl: `${url}${documentPaths(policy?.issuer ?? url).jwks}`,
      SignFunctionName: 'sign',
      SignUrl: `${url}/sign`,
      OperateFunctionName: 'operate',
      TableName: TABLE,
      BucketName: BUCKET,
      DistributionId: DISTRIBUTION,
      DistributionDomain: new URL(url).host,
      ...(ticking && { TickSeconds: String(policyAt(1).tick) }),
    }),
    ...(ticking && { tickSeconds: policyAt(1).tick }),
    functions: ({ edge }) => {
      const own = policyAt(Number(new URL(edge).port));
      policy = own;
      const sign: SignEnvironment = {
        KEYTURN_POLICY: JSON.stringify(signerPolicyToJson(own)),
        KEYTURN_TABLE: TABLE,
        ...(asset && { KEYTURN_CLIENTS: asset.path }),
      };
      const rotate: OperateEnvironment = {
        KEYTURN_POLICY: JSON.stringify(policyToJson(own)),
        KEYTURN_TABLE: TABLE,
        KEYTURN_BUCKET: BUCKET,
        KEYTURN_DISTRIBUTION_ID: DISTRIBUTION,
        KEYTURN_EDGE_URL: edge,
        KEYTURN_SIGN_FUNCTION: 'sign',
        KEYTURN_SIGNER_ROLE_ARN: `${ROLE}-signer`,
        KEYTURN_ROTATOR_ROLE_ARNS: `${ROLE}-rotator,${ROLE}-operator`,
        KEYTURN_MAY_IMPORT: 'yes',
        ...(events && { KEYTURN_EVENTS: 'yes' }),
        ...(page && { KEYTURN_PAGE: 'yes' }),
      };
      const bundle = (name: string) => join(BUNDLES, name, 'index.js');
      const timeoutSeconds = ROTATOR_TIMEOUT_SECONDS;
      return [
        {
          name: 'sign',
          bundle: bundle('sign'),
          environment: { ...sign },
          aliases: [...(clients?.keys() ?? ['any']), 'canary'],
          maxEnvironments: signers,
        },
        { name: 'rotate', bundle: bundle('rotate'), environment: { ...rotate }, timeoutSeconds },
        { name: 'operate', bundle: bundle('operate'), environment: { ...rotate }, timeoutSeconds },
      ];
    },
  });
  const close = async (): Promise<void> => {
    await stack.close();
    asset?.remove();
  };
  return { ...stack, close, policy: policy as Policy, clients };
}

const builtPage = (): string => readFileSync(join(BUNDLES, 'rotate', 'page.html'), 'utf8');

/** On one machine nobody is authenticated: everybody is every client, and the rules hold all the same. */
function withoutRoles(rules: unknown): unknown {
  if (!isPlainObject(rules)) return rules;
  const entries = Object.entries(rules).map(([name, client]) => {
    if (!isPlainObject(client)) return [name, client];
    const { role: _, ...rest } = client;
    return [name, rest];
  });
  return Object.fromEntries(entries);
}

/** Deployed, it lies in the function's asset; here the bundle is everybody's, so the rules have a place of their own. */
class RulesFile {
  readonly #directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
  readonly path = join(this.#directory, 'clients.json');

  constructor(rules: Readonly<Record<string, ClientRules>>) {
    writeFileSync(this.path, JSON.stringify(rules));
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function localPolicy(config: LocalOptions['config'], port: number): Policy {
  const { pathname } = new URL(config.issuer === undefined ? 'https://localhost' : parseIssuer(config.issuer));
  const issuer = `http://localhost:${port}${pathname === '/' ? '' : pathname}`;
  return parsePolicy({ ...config, issuer });
}
