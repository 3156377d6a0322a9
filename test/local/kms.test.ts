import { constants, createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  GetKeyPolicyCommand,
  GetPublicKeyCommand,
  type KeySpec,
  ListKeysCommand,
  ListResourceTagsCommand,
  type MessageType,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  type SigningAlgorithmSpec,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-kms';
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Endpoint } from '../../lib/local/endpoint.ts';
import { JsonApi } from '../../lib/local/json-api.ts';
import { Kms } from '../../lib/local/kms.ts';
import { nowhere } from '../../lib/local/state.ts';
import { taggingOperations } from '../../lib/local/tagging.ts';
import { clients } from './clients.ts';

let now = 1_800_000_000;
const server = new Kms(nowhere, () => now);
const endpoint = new Endpoint(
  { kms: new JsonApi(server.operations), tagging: new JsonApi(taggingOperations(() => server.resources())) },
  {},
);
let kms: ReturnType<typeof clients>['kms'];
let tagging: ReturnType<typeof clients>['tagging'];

beforeAll(async () => {
  ({ kms, tagging } = clients(await endpoint.listen()));
});
afterAll(() => endpoint.close());

async function createKey(input: Partial<CreateKeyCommandInput> = {}): Promise<string> {
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', ...input }),
  );
  return KeyMetadata?.Arn ?? '';
}
const publicKey = async (KeyId: string): Promise<KeyObject> => {
  const { PublicKey = new Uint8Array() } = await kms.send(new GetPublicKeyCommand({ KeyId }));
  return createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
};
const sign = async (
  KeyId: string,
  SigningAlgorithm: SigningAlgorithmSpec,
  Message: Uint8Array,
  MessageType?: MessageType,
) => kms.send(new SignCommand({ KeyId, SigningAlgorithm, Message, ...(MessageType && { MessageType }) }));

const MESSAGE = Buffer.from('eyJhbGciOiJSUzI1NiJ9.e30');

const verifies = (algorithm: string, key: KeyObject, signature: Uint8Array): boolean => {
  const hash = `sha${algorithm.slice(-3)}`;
  if (algorithm.startsWith('ED25519') || algorithm.startsWith('ML_DSA')) return verify(null, MESSAGE, key, signature);
  if (!algorithm.startsWith('RSASSA_PSS')) return verify(hash, MESSAGE, key, signature);
  // Exactly: a longer or shorter salt is no JOSE signature (RFC 7518 §3.5).
  const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return verify(hash, MESSAGE, { key, ...options }, signature);
};

describe('every signature verifies elsewhere', () => {
  const rsa = ['256', '384', '512'].flatMap((bits) => [`RSASSA_PKCS1_V1_5_SHA_${bits}`, `RSASSA_PSS_SHA_${bits}`]);
  const table: [KeySpec, string[]][] = [
    ['RSA_2048', rsa],
    ['RSA_3072', rsa],
    ['RSA_4096', rsa],
    ['ECC_NIST_P256', ['ECDSA_SHA_256']],
    ['ECC_NIST_P384', ['ECDSA_SHA_384']],
    ['ECC_NIST_P521', ['ECDSA_SHA_512']],
    ['ECC_NIST_EDWARDS25519', ['ED25519_SHA_512']],
    ['ML_DSA_44', ['ML_DSA_SHAKE_256']],
    ['ML_DSA_65', ['ML_DSA_SHAKE_256']],
    ['ML_DSA_87', ['ML_DSA_SHAKE_256']],
  ];
  test.for(table)('%s', async ([KeySpec, algorithms]) => {
    const keyArn = await createKey({ KeySpec });
    const key = await publicKey(keyArn);
    for (const algorithm of algorithms as SigningAlgorithmSpec[]) {
      const raw = await sign(keyArn, algorithm, MESSAGE, 'RAW');
      expect(raw).toMatchObject({ KeyId: keyArn, SigningAlgorithm: algorithm });
      expect(verifies(algorithm, key, raw.Signature ?? new Uint8Array()), `${algorithm} RAW`).toBe(true);
      if (algorithm.startsWith('ED25519') || algorithm.startsWith('ML_DSA')) continue;
      const digest = createHash(`sha${algorithm.slice(-3)}`)
        .update(MESSAGE)
        .digest();
      const signed = await sign(keyArn, algorithm, digest, 'DIGEST');
      expect(verifies(algorithm, key, signed.Signature ?? new Uint8Array()), `${algorithm} DIGEST`).toBe(true);
    }
  });
});

describe('Sign refuses', () => {
  test('a digest of another length', async () => {
    const keyId = await createKey();
    await expect(sign(keyId, 'ECDSA_SHA_256', Buffer.alloc(31), 'DIGEST')).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Digest is invalid length for algorithm ECDSA_SHA_256.',
    });
  });
  test('4,097 bytes and none, and takes 4,096', async () => {
    const keyId = await createKey();
    await expect(sign(keyId, 'ECDSA_SHA_256', Buffer.alloc(4097))).rejects.toThrow('less than or equal to 4096');
    await expect(sign(keyId, 'ECDSA_SHA_256', Buffer.alloc(0))).rejects.toThrow('greater than or equal to 1');
    await sign(keyId, 'ECDSA_SHA_256', Buffer.alloc(4096));
  });
  test('an algorithm of another kind of key', async () => {
    const failure = sign(await createKey(), 'RSASSA_PSS_SHA_256', MESSAGE);
    await expect(failure).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
  });
  test('an algorithm and a message type that do not exist', async () => {
    const keyId = await createKey();
    await expect(sign(keyId, 'HS256' as SigningAlgorithmSpec, MESSAGE)).rejects.toThrow('enum value set');
    await expect(sign(keyId, 'ECDSA_SHA_256', MESSAGE, 'COOKED' as MessageType)).rejects.toThrow('enum value set');
  });
  test('a digest for Ed25519 and ML-DSA, which hash for themselves', async () => {
    const ed25519 = await createKey({ KeySpec: 'ECC_NIST_EDWARDS25519' });
    const mlDsa = await createKey({ KeySpec: 'ML_DSA_44' });
    await expect(sign(ed25519, 'ED25519_SHA_512', Buffer.alloc(64), 'DIGEST')).rejects.toThrow(
      'takes the message itself',
    );
    await expect(sign(mlDsa, 'ML_DSA_SHAKE_256', Buffer.alloc(64), 'EXTERNAL_MU')).rejects.toThrow(
      'takes the message itself',
    );
  });
  test('a dry run, after everything else was in order', async () => {
    const input = {
      KeyId: await createKey(),
      SigningAlgorithm: 'ECDSA_SHA_256',
      Message: MESSAGE,
      DryRun: true,
    } as const;
    await expect(kms.send(new SignCommand(input))).rejects.toMatchObject({ name: 'DryRunOperationException' });
  });
});

describe('CreateKey', () => {
  test('describes the key, keeps the policy verbatim and is found by id and by ARN', async () => {
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: '*', Action: 'kms:Sign', Resource: '*' },
    }).replaceAll(',', ' ,');
    const KeyId = await createKey({ KeySpec: 'RSA_2048', Policy, Description: 'd' });
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: KeyId.split('/')[1] }));
    expect(KeyMetadata).toMatchObject({
      Arn: KeyId,
      Description: 'd',
      Enabled: true,
      KeySpec: 'RSA_2048',
      KeyState: 'Enabled',
      KeyUsage: 'SIGN_VERIFY',
      MultiRegion: false,
      Origin: 'AWS_KMS',
      CreationDate: new Date(now * 1000),
    });
    expect(KeyMetadata?.SigningAlgorithms).toHaveLength(6);
    expect((await kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy).toBe(Policy);
  });

  const refused: [string, Partial<CreateKeyCommandInput>, string][] = [
    ['no usage', { KeyUsage: undefined }, 'ValidationException'],
    ['a usage of another kind', { KeyUsage: 'ENCRYPT_DECRYPT' }, 'ValidationException'],
    ['a specification that does not exist', { KeySpec: 'RSA_1024' as KeySpec }, 'ValidationException'],
    ['a specification that is not here', { KeySpec: 'SYMMETRIC_DEFAULT' }, 'UnsupportedOperationException'],
    ['imported material', { Origin: 'EXTERNAL' }, 'UnsupportedOperationException'],
    ['a key for many regions', { MultiRegion: true }, 'UnsupportedOperationException'],
    ['a policy that is not JSON', { Policy: '{' }, 'MalformedPolicyDocumentException'],
    ['a policy without statements', { Policy: '{"Statement":[]}' }, 'MalformedPolicyDocumentException'],
    [
      'a policy that lacks a principal',
      { Policy: '{"Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]}' },
      'MalformedPolicyDocumentException',
    ],
    ['a reserved tag', { Tags: [{ TagKey: 'aws:x', TagValue: '' }] }, 'TagException'],
    ['a tag twice', { Tags: [1, 2].map((n) => ({ TagKey: 'a', TagValue: `${n}` })) }, 'TagException'],
    ['51 tags', { Tags: Array.from({ length: 51 }, (_, n) => ({ TagKey: `t${n}`, TagValue: '' })) }, 'TagException'],
  ];
  test.for(refused)('refuses %s', async ([, input, name]) => {
    await expect(createKey(input)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  });
});

describe('key states', () => {
  test('a disabled key does not sign until it is enabled', async () => {
    const KeyId = await createKey();
    await kms.send(new DisableKeyCommand({ KeyId }));
    const disabled = { name: 'DisabledException', message: `${KeyId} is disabled.` };
    await expect(sign(KeyId, 'ECDSA_SHA_256', MESSAGE)).rejects.toMatchObject(disabled);
    await expect(publicKey(KeyId)).rejects.toMatchObject(disabled);
    await kms.send(new EnableKeyCommand({ KeyId }));
    await sign(KeyId, 'ECDSA_SHA_256', MESSAGE);
  });

  test('a key gets another policy, if it is one', async () => {
    const KeyId = await createKey();
    const statement = { Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: 'kms:*', Resource: '*' };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await kms.send(new PutKeyPolicyCommand({ KeyId, Policy }));
    expect((await kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy).toBe(Policy);
    await expect(kms.send(new PutKeyPolicyCommand({ KeyId, Policy: '{}' }))).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
    });
  });

  test('a key that is pending deletion does nothing but come back, disabled', async () => {
    const KeyId = await createKey();
    const scheduled = await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    expect(scheduled).toMatchObject({
      KeyId,
      KeyState: 'PendingDeletion',
      PendingWindowInDays: 7,
      DeletionDate: new Date((now + 7 * 86_400) * 1000),
    });
    const pending = { name: 'KMSInvalidStateException', message: `${KeyId} is pending deletion.` };
    await expect(sign(KeyId, 'ECDSA_SHA_256', MESSAGE)).rejects.toMatchObject(pending);
    await expect(kms.send(new EnableKeyCommand({ KeyId }))).rejects.toMatchObject(pending);
    await expect(kms.send(new DisableKeyCommand({ KeyId }))).rejects.toMatchObject(pending);
    await expect(kms.send(new ScheduleKeyDeletionCommand({ KeyId }))).rejects.toMatchObject(pending);
    await expect(kms.send(new TagResourceCommand({ KeyId, Tags: [] }))).rejects.toMatchObject(pending);
    await kms.send(new CancelKeyDeletionCommand({ KeyId }));
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata).toMatchObject({ KeyState: 'Disabled', Enabled: false });
    expect(KeyMetadata?.DeletionDate).toBeUndefined();
    await expect(kms.send(new CancelKeyDeletionCommand({ KeyId }))).rejects.toThrow(
      `${KeyId} is not pending deletion.`,
    );
  });

  test.for([6, 31, 7.5])('%s days are no deletion window', async (PendingWindowInDays) => {
    const KeyId = await createKey();
    const failure = kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays }));
    await expect(failure).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('a key is there until its deletion date and gone from then on', async () => {
    const KeyId = await createKey();
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId }));
    now += 30 * 86_400 - 1;
    await kms.send(new DescribeKeyCommand({ KeyId }));
    now += 1;
    const gone = { name: 'NotFoundException', message: `Key '${KeyId}' does not exist` };
    await expect(kms.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject(gone);
    expect(server.resources().map(({ arn }) => arn)).not.toContain(KeyId);
  });
});

describe('lists', () => {
  test('keys come in pages', async () => {
    const made = await Promise.all([1, 2, 3].map(() => createKey()));
    const found: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page = await kms.send(new ListKeysCommand({ Limit: 2, Marker }));
      expect(page.Keys?.length).toBeLessThanOrEqual(2);
      expect(page.NextMarker === undefined).toBe(!page.Truncated);
      found.push(...(page.Keys ?? []).map(({ KeyArn }) => KeyArn));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    expect(found).toEqual(server.resources().map(({ arn }) => arn));
    expect(found).toEqual(expect.arrayContaining(made));
    await expect(kms.send(new ListKeysCommand({ Marker: '!' }))).rejects.toMatchObject({
      name: 'InvalidMarkerException',
    });
  });

  test('tags are set, replaced, removed and listed in pages', async () => {
    const KeyId = await createKey({
      Tags: [
        { TagKey: 'a', TagValue: '1' },
        { TagKey: 'b', TagValue: '2' },
      ],
    });
    await kms.send(
      new TagResourceCommand({
        KeyId,
        Tags: [
          { TagKey: 'b', TagValue: '3' },
          { TagKey: 'c', TagValue: '' },
        ],
      }),
    );
    await kms.send(new UntagResourceCommand({ KeyId, TagKeys: ['a'] }));
    const first = await kms.send(new ListResourceTagsCommand({ KeyId, Limit: 1 }));
    expect(first).toMatchObject({ Tags: [{ TagKey: 'b', TagValue: '3' }], Truncated: true });
    const second = await kms.send(new ListResourceTagsCommand({ KeyId, Limit: 1, Marker: first.NextMarker }));
    expect(second).toMatchObject({ Tags: [{ TagKey: 'c', TagValue: '' }], Truncated: false });
  });

  test('GetResources finds keys by all of the tag filters, in pages', async () => {
    const tags = (issuer: string, kind: string) => [
      { TagKey: 'issuer', TagValue: issuer },
      { TagKey: 'kind', TagValue: kind },
    ];
    const [one, two] = await Promise.all(['x', 'y'].map((kind) => createKey({ Tags: tags('https://i', kind) })));
    await createKey({ Tags: tags('https://other', 'x') });
    const find = async (TagFilters: { Key: string; Values?: string[] }[]) => {
      const arns: (string | undefined)[] = [];
      let PaginationToken: string | undefined;
      do {
        const page = await tagging.send(
          new GetResourcesCommand({
            TagFilters,
            PaginationToken,
            ResourcesPerPage: 1,
            ResourceTypeFilters: ['kms:key'],
          }),
        );
        ({ PaginationToken } = page);
        arns.push(...(page.ResourceTagMappingList ?? []).map(({ ResourceARN }) => ResourceARN));
      } while (PaginationToken);
      return arns.sort();
    };
    expect(await find([{ Key: 'issuer', Values: ['https://i'] }])).toEqual([one, two].sort());
    expect(
      await find([
        { Key: 'issuer', Values: ['https://i'] },
        { Key: 'kind', Values: ['y', 'z'] },
      ]),
    ).toEqual([two]);
    expect(await find([{ Key: 'kind' }])).toHaveLength(3);
    expect(await find([{ Key: 'toString' }])).toEqual([]);
    const buckets = await tagging.send(new GetResourcesCommand({ ResourceTypeFilters: ['s3'] }));
    expect(buckets.ResourceTagMappingList).toEqual([]);
  });
});
