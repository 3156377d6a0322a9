/** The KeyManager port on KMS and on the tag index. It makes, disables and schedules keys; it cannot sign. */
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  GetKeyPolicyCommand,
  GetPublicKeyCommand,
  type KeyMetadata,
  type KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { paginateGetResources } from '@aws-sdk/client-resource-groups-tagging-api';
import { ALGORITHMS, type Algorithm } from '../core/algorithms.ts';
import { KeyturnError } from '../core/errors.ts';
import { jwkFromSpki, type PublicJwk } from '../core/jwk.ts';
import type { Intent } from '../core/keyring.ts';
import type { KeyManager, KmsKey, SigningKey } from '../core/ports.ts';
import { type KeyRoles, keyPolicy } from './key-policy.ts';
import { KMS_NAMES } from './kms-names.ts';

/** The tags that every key is born with. Permissions hang on the first. */
export const TAGS = { issuer: 'keyturn:issuer', intent: 'keyturn:intent', algorithm: 'keyturn:algorithm' } as const;

export interface KmsKeysOptions {
  readonly kms: KMSClient;
  /** With `maxAttempts: 1`: CreateKey has no idempotency token, so a blind retry could make two keys. */
  readonly kmsOnce: KMSClient;
  readonly tagging: ResourceGroupsTaggingAPIClient;
  readonly issuer: string;
  readonly roles: KeyRoles;
}

type Tags = ReadonlyMap<string | undefined, string | undefined>;

const isNamed = (error: unknown, ...names: string[]) => error instanceof Error && names.includes(error.name);
const seconds = (date: Date | undefined) => (date ? date.getTime() / 1000 : 0);

export class KmsKeys implements KeyManager {
  readonly #options: KmsKeysOptions;

  constructor(options: KmsKeysOptions) {
    this.#options = options;
  }

  async create({ id, algorithm }: Intent): Promise<string> {
    const { kmsOnce, issuer, roles } = this.#options;
    const { KeyMetadata } = await kmsOnce.send(
      new CreateKeyCommand({
        KeySpec: KMS_NAMES[algorithm].keySpec,
        KeyUsage: 'SIGN_VERIFY',
        Origin: 'AWS_KMS',
        MultiRegion: false,
        BypassPolicyLockoutSafetyCheck: false,
        Description: `Keyturn ${algorithm} signing key of ${issuer}`,
        Policy: JSON.stringify(keyPolicy(roles, algorithm)),
        Tags: [
          { TagKey: TAGS.issuer, TagValue: issuer },
          { TagKey: TAGS.intent, TagValue: id },
          { TagKey: TAGS.algorithm, TagValue: algorithm },
        ],
      }),
    );
    if (!KeyMetadata?.Arn || KeyMetadata.KeySpec !== KMS_NAMES[algorithm].keySpec) {
      throw new KeyturnError(
        'kms_answer_wrong',
        `KMS must make a ${KMS_NAMES[algorithm].keySpec} key, it made another`,
      );
    }
    return KeyMetadata.Arn;
  }

  async publicKey({ keyArn, algorithm }: SigningKey): Promise<PublicJwk> {
    const { kms } = this.#options;
    const answer = await kms.send(new GetPublicKeyCommand({ KeyId: keyArn })).catch((cause: unknown) => {
      // KMS is eventually consistent: a key that was just made may not be there yet, and its tags, on which our
      // permissions hang, "might take up to five minutes" (KMS Developer Guide, "ABAC for AWS KMS").
      if (!isNamed(cause, 'NotFoundException', 'KMSInvalidStateException', 'AccessDeniedException')) throw cause;
      throw new KeyturnError('key_not_visible', `KMS does not show key ${keyArn} yet`, { cause });
    });
    const { keySpec, signingAlgorithm } = KMS_NAMES[algorithm];
    const fits = answer.KeySpec === keySpec && answer.SigningAlgorithms?.includes(signingAlgorithm);
    if (answer.KeyId !== keyArn || !fits || answer.KeyUsage !== 'SIGN_VERIFY' || !answer.PublicKey) {
      throw new KeyturnError('kms_answer_wrong', `key ${keyArn} must be a ${keySpec} signing key, KMS says otherwise`);
    }
    return jwkFromSpki(answer.PublicKey, algorithm);
  }

  async tagged(): Promise<KmsKey[]> {
    const { tagging, issuer } = this.#options;
    const pages = paginateGetResources(
      { client: tagging },
      { ResourceTypeFilters: ['kms:key'], TagFilters: [{ Key: TAGS.issuer, Values: [issuer] }] },
    );
    const keys: KmsKey[] = [];
    for await (const { ResourceTagMappingList = [] } of pages) {
      for (const { ResourceARN = '', Tags = [] } of ResourceTagMappingList) {
        keys.push(await this.#inspect(ResourceARN, new Map(Tags.map(({ Key, Value }) => [Key, Value]))));
      }
    }
    return keys;
  }

  describe(keyArn: string): Promise<KmsKey> {
    return this.#inspect(keyArn, new Map());
  }

  async disable(keyArn: string): Promise<void> {
    try {
      await this.#options.kms.send(new DisableKeyCommand({ KeyId: keyArn }));
    } catch (error) {
      // Pending deletion or destroyed: more than disabled.
      if (!isNamed(error, 'KMSInvalidStateException', 'NotFoundException')) throw error;
    }
  }

  async destroy(keyArn: string, deletionWindowDays: number): Promise<number> {
    // First, so that a deletion that somebody cancels leaves a key that does not sign.
    await this.disable(keyArn);
    try {
      const command = new ScheduleKeyDeletionCommand({ KeyId: keyArn, PendingWindowInDays: deletionWindowDays });
      return seconds((await this.#options.kms.send(command)).DeletionDate);
    } catch (error) {
      if (!isNamed(error, 'KMSInvalidStateException', 'NotFoundException')) throw error;
      const metadata = await this.#metadata(keyArn);
      if (metadata && metadata.KeyState !== 'PendingDeletion') throw error;
      return seconds(metadata?.DeletionDate);
    }
  }

  async #metadata(keyArn: string): Promise<KeyMetadata | undefined> {
    try {
      return (await this.#options.kms.send(new DescribeKeyCommand({ KeyId: keyArn }))).KeyMetadata;
    } catch (error) {
      if (isNamed(error, 'NotFoundException')) return undefined;
      throw error;
    }
  }

  /** A key that denies us the look must not keep us from looking at the others: anybody may tag a key of his own. */
  async #inspect(keyArn: string, tags: Tags): Promise<KmsKey> {
    try {
      return await this.#look(keyArn, tags);
    } catch (error) {
      if (!isNamed(error, 'AccessDeniedException')) throw error;
      return { keyArn, state: 'hidden', createdAt: 0, genuine: false };
    }
  }

  async #look(keyArn: string, tags: Tags): Promise<KmsKey> {
    const metadata = await this.#metadata(keyArn);
    if (!metadata) return { keyArn, state: 'gone', createdAt: 0, genuine: false };
    const tag = tags.get(TAGS.algorithm) ?? '';
    const algorithm = Object.hasOwn(ALGORITHMS, tag) ? (tag as Algorithm) : undefined;
    const intentId = tags.get(TAGS.intent);
    const state = STATES[metadata.KeyState ?? ''] ?? 'unusable';
    return {
      keyArn,
      state,
      createdAt: seconds(metadata.CreationDate),
      ...(intentId && { intentId }),
      ...(algorithm && { algorithm }),
      genuine: algorithm !== undefined && (await this.#isGenuine(keyArn, metadata, algorithm)),
    };
  }

  /** Whoever may create and tag keys could offer one that he can sign with: only our very policy makes it ours. */
  async #isGenuine(keyArn: string, metadata: KeyMetadata, algorithm: Algorithm): Promise<boolean> {
    const { kms, roles } = this.#options;
    const { KeySpec, KeyUsage, Origin, MultiRegion, KeyManager: owner } = metadata;
    const asMade = KeySpec === KMS_NAMES[algorithm].keySpec && KeyUsage === 'SIGN_VERIFY' && Origin === 'AWS_KMS';
    if (!asMade || MultiRegion || owner !== 'CUSTOMER') return false;
    const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId: keyArn, PolicyName: 'default' }));
    return canonical(JSON.parse(Policy)) === canonical(keyPolicy(roles, algorithm));
  }
}

const STATES: Record<string, KmsKey['state']> = { Enabled: 'enabled', PendingDeletion: 'pending-deletion' };

/** JSON with its members in order, so that KMS may format a policy as it likes. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
