/**
 * AWS KMS, as much of it as an issuer of tokens meets: asymmetric keys that sign, their states, policies and tags.
 * Error names and messages are those of the KMS API reference and of the Developer Guide's "Key states of AWS KMS keys".
 * Left out: aliases, grants, symmetric and imported keys, multi-Region keys, and the eventual consistency of the real
 * thing (a test delays or refuses calls at the endpoint instead).
 */
import { createPrivateKey, createPublicKey, randomUUID } from 'node:crypto';
import type { JsonObject, Operation } from './json-api.ts';
import { checkKeyPolicy, DEFAULT_KEY_POLICY } from './key-policy.ts';
import { ALL_SIGNING_ALGORITHMS, keySpecFacts } from './key-specs.ts';
import { type Tags, withTags } from './key-tags.ts';
import {
  ARN_PREFIX,
  arn,
  checkKind,
  invalid,
  invalidState,
  type KmsKey,
  metadata,
  notInEnum,
  notPendingDeletion,
  usable,
} from './kms-key.ts';
import { page } from './paging.ts';
import { type SigningKey, signature, signingKey } from './signing.ts';
import type { Folder } from './state.ts';
import { AwsError } from './wire.ts';

const MAX_MESSAGE_BYTES = 4096;
const DAY_SECONDS = 86_400;

export class Kms {
  readonly #keys = new Map<string, KmsKey>();
  readonly #signingKeys = new Map<string, SigningKey>();
  readonly #folder: Folder;
  readonly #now: () => number;

  /** `now` is in seconds since 1970. */
  constructor(folder: Folder, now = () => Date.now() / 1000) {
    this.#folder = folder;
    this.#now = now;
    for (const bytes of folder.load().values()) {
      const key = JSON.parse(bytes.toString()) as KmsKey;
      this.#keys.set(key.keyId, key);
    }
  }

  readonly operations: Readonly<Record<string, Operation>> = {
    CreateKey: (input) => this.#createKey(input),
    DescribeKey: (input) => ({ KeyMetadata: metadata(this.#key(input)) }),
    GetPublicKey: (input) => this.#getPublicKey(input),
    PutKeyPolicy: (input) => this.#putKeyPolicy(input),
    GetKeyPolicy: (input) => ({ Policy: this.#key(input).policy, PolicyName: 'default' }),
    Sign: (input) => this.#sign(input),
    EnableKey: (input) => this.#setState(input, 'Enabled'),
    DisableKey: (input) => this.#setState(input, 'Disabled'),
    ScheduleKeyDeletion: (input) => this.#scheduleKeyDeletion(input),
    CancelKeyDeletion: (input) => this.#cancelKeyDeletion(input),
    ListKeys: (input) => this.#listKeys(input),
    ListResourceTags: (input) => this.#listResourceTags(input),
    TagResource: (input) => this.#tagResource(input),
    UntagResource: (input) => this.#untagResource(input),
  };

  /** For the tagging API: every key with its tags. */
  resources(): { arn: string; tags: Tags }[] {
    return this.#present().map((key) => ({ arn: arn(key), tags: key.tags }));
  }

  async #createKey(input: JsonObject): Promise<JsonObject> {
    const { KeySpec: keySpec = 'SYMMETRIC_DEFAULT', KeyUsage: usage, Policy: policy = DEFAULT_KEY_POLICY } = input;
    const facts = checkKind(String(keySpec), usage, input);
    checkKeyPolicy(String(policy));
    const tags = withTags({}, input.Tags ?? []);
    const { privateKey } = await facts.generate();
    const key: KmsKey = {
      keyId: randomUUID(),
      keySpec: String(keySpec),
      description: String(input.Description ?? ''),
      policy: String(policy),
      createdAt: this.#now(),
      privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
      tags,
      state: 'Enabled',
    };
    this.#save(key);
    return { KeyMetadata: metadata(key) };
  }

  #getPublicKey(input: JsonObject): JsonObject {
    const key = usable(this.#key(input));
    const publicKey = createPublicKey(this.#signingKey(key).privateKey).export({ format: 'der', type: 'spki' });
    return {
      KeyId: arn(key),
      PublicKey: publicKey.toString('base64'),
      KeySpec: key.keySpec,
      CustomerMasterKeySpec: key.keySpec,
      KeyUsage: 'SIGN_VERIFY',
      SigningAlgorithms: keySpecFacts(key.keySpec)?.signingAlgorithms,
    };
  }

  #sign(input: JsonObject): JsonObject {
    const { SigningAlgorithm: algorithm, MessageType: messageType = 'RAW', Message: encoded } = input;
    if (!ALL_SIGNING_ALGORITHMS.has(String(algorithm)))
      throw notInEnum(algorithm, 'signingAlgorithm', ALL_SIGNING_ALGORITHMS);
    if (!MESSAGE_TYPES.has(String(messageType))) throw notInEnum(messageType, 'messageType', MESSAGE_TYPES);
    const message = Buffer.from(String(encoded ?? ''), 'base64');
    if (message.length < 1) throw invalid('message', 'Member must have length greater than or equal to 1');
    if (message.length > MAX_MESSAGE_BYTES) {
      throw invalid('message', `Member must have length less than or equal to ${MAX_MESSAGE_BYTES}`);
    }
    const key = usable(this.#key(input));
    if (!keySpecFacts(key.keySpec)?.signingAlgorithms.includes(String(algorithm))) {
      const sentence = `Algorithm ${algorithm} is incompatible with key spec ${key.keySpec}.`;
      throw new AwsError(400, 'InvalidKeyUsageException', sentence);
    }
    const bytes = signature(this.#signingKey(key), String(algorithm), message, String(messageType));
    if (input.DryRun === true) {
      const sentence = 'The request would have succeeded, but the DryRun option is set.';
      throw new AwsError(400, 'DryRunOperationException', sentence);
    }
    return { KeyId: arn(key), Signature: bytes.toString('base64'), SigningAlgorithm: algorithm };
  }

  #setState(input: JsonObject, state: 'Enabled' | 'Disabled'): undefined {
    this.#save({ ...notPendingDeletion(this.#key(input)), state });
  }

  #putKeyPolicy(input: JsonObject): undefined {
    checkKeyPolicy(String(input.Policy));
    this.#save({ ...this.#key(input), policy: String(input.Policy) });
  }

  #scheduleKeyDeletion(input: JsonObject): JsonObject {
    const days = input.PendingWindowInDays ?? 30;
    if (typeof days !== 'number' || !Number.isInteger(days) || days < 7 || days > 30) {
      throw invalid('pendingWindowInDays', 'Member must be a whole number from 7 to 30');
    }
    const key = notPendingDeletion(this.#key(input));
    const deletionAt = this.#now() + days * DAY_SECONDS;
    this.#save({ ...key, state: 'PendingDeletion', deletionAt });
    return { KeyId: arn(key), DeletionDate: deletionAt, KeyState: 'PendingDeletion', PendingWindowInDays: days };
  }

  #cancelKeyDeletion(input: JsonObject): JsonObject {
    const { deletionAt, ...key } = this.#key(input);
    if (deletionAt === undefined) throw invalidState(key, 'is not pending deletion.');
    this.#save({ ...key, state: 'Disabled' });
    return { KeyId: arn(key) };
  }

  #listKeys(input: JsonObject): JsonObject {
    const { items, ...rest } = page(this.#present(), input, { maximum: 1000, usual: 100 });
    return { Keys: items.map((key) => ({ KeyId: key.keyId, KeyArn: arn(key) })), ...rest };
  }

  #listResourceTags(input: JsonObject): JsonObject {
    const tags = Object.entries(this.#key(input).tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
    const { items, ...rest } = page(tags, input, { maximum: 50, usual: 50 });
    return { Tags: items, ...rest };
  }

  #tagResource(input: JsonObject): undefined {
    const key = notPendingDeletion(this.#key(input));
    this.#save({ ...key, tags: withTags(key.tags, input.Tags) });
  }

  #untagResource(input: JsonObject): undefined {
    const key = notPendingDeletion(this.#key(input));
    const removed = input.TagKeys;
    if (!Array.isArray(removed)) throw invalid('tagKeys', 'Member must not be null');
    this.#save({
      ...key,
      tags: Object.fromEntries(Object.entries(key.tags).filter(([name]) => !removed.includes(name))),
    });
  }

  #save(key: KmsKey): void {
    this.#folder.put(`${key.keyId}.json`, JSON.stringify(key));
    this.#keys.set(key.keyId, key);
  }

  /** The key that `KeyId` names, by id or by ARN. */
  #key({ KeyId: name }: JsonObject): KmsKey {
    if (typeof name !== 'string' || name === '') throw invalid('keyId', 'Member must not be null');
    const key = this.#keys.get(name.startsWith(ARN_PREFIX) ? name.slice(ARN_PREFIX.length) : name);
    if (key !== undefined && !this.#isGone(key)) return key;
    throw new AwsError(
      400,
      'NotFoundException',
      `Key '${name.startsWith('arn:') ? name : ARN_PREFIX + name}' does not exist`,
    );
  }

  #present(): KmsKey[] {
    return [...this.#keys.values()].filter((key) => !this.#isGone(key));
  }

  /** Once its waiting period is over, KMS destroys the material: the file goes with the first look at the key. */
  #isGone(key: KmsKey): boolean {
    if (key.deletionAt === undefined || this.#now() < key.deletionAt) return false;
    this.#folder.remove(`${key.keyId}.json`);
    this.#signingKeys.delete(key.keyId);
    return this.#keys.delete(key.keyId);
  }

  #signingKey({ keyId, privateKey }: KmsKey): SigningKey {
    const known = this.#signingKeys.get(keyId);
    if (known !== undefined) return known;
    const der = Buffer.from(privateKey, 'base64');
    const made = signingKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
    this.#signingKeys.set(keyId, made);
    return made;
  }
}

const MESSAGE_TYPES = new Set(['RAW', 'DIGEST', 'EXTERNAL_MU']);
