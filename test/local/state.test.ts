import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, DescribeKeyCommand, GetPublicKeyCommand, SignCommand } from '@aws-sdk/client-kms';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, test } from 'vitest';
import { Bucket } from '../../lib/local/bucket.ts';
import { type Stack, startStack } from '../../lib/local/stack.ts';
import { DataDirectory } from '../../lib/local/state.ts';
import { clients } from './clients.ts';

const LIB = new URL('../../lib/local/', import.meta.url).href;
let path: string;

beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'keyturn-')), 'data');
});

const OPTIONS = {
  tableName: 'keyrings',
  bucketName: 'documents',
  distributionId: 'E1',
  functions: () => [],
  routes: { sign: 'sign', operate: 'operate', rotate: 'rotate' },
};

/** Runs a program that says something and then waits to be killed. */
async function child(program: string) {
  const script = join(path, '..', `${Math.random()}.ts`);
  writeFileSync(script, program);
  const running = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(running.stdout, 'data');
  const kill = async (): Promise<void> => {
    running.kill('SIGKILL');
    await once(running, 'exit');
  };
  return { said: String(said).trim(), pid: running.pid, kill };
}

const CHILD_STACK = () => `
  import { startStack } from '${LIB}stack.ts';
  const options = ${JSON.stringify({ ...OPTIONS, dataDirectory: path })};
  const stack = await startStack({ ...options, functions: () => [] });
  console.log(stack.awsEndpointUrl);`;

describe('after SIGKILL', () => {
  test('keys, objects and items are all there', async () => {
    const killed = await child(CHILD_STACK());
    const before = clients(killed.said);
    const created = await before.kms.send(
      new CreateKeyCommand({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY', Tags: [{ TagKey: 'a', TagValue: 'b' }] }),
    );
    const KeyId = created.KeyMetadata?.Arn ?? '';
    const { PublicKey } = await before.kms.send(new GetPublicKeyCommand({ KeyId }));
    for (const Body of ['1', '2']) {
      await before.s3.send(
        new PutObjectCommand({ Bucket: 'documents', Key: 'public/ä/b', Body, CacheControl: 'max-age=1' }),
      );
    }
    const item = { issuer: { S: 'https://i' }, revision: { N: '7' } };
    await before.dynamodb.send(new PutItemCommand({ TableName: 'keyrings', Item: item }));
    await killed.kill();

    const stack = await startStack({ ...OPTIONS, dataDirectory: path });
    try {
      const after = clients(stack.awsEndpointUrl);
      expect((await after.kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata).toEqual(created.KeyMetadata);
      expect((await after.kms.send(new GetPublicKeyCommand({ KeyId }))).PublicKey).toEqual(PublicKey);
      await after.kms.send(
        new SignCommand({ KeyId, SigningAlgorithm: 'RSASSA_PSS_SHA_256', Message: Buffer.from('x') }),
      );
      expect(stack.kms.resources()).toEqual([{ arn: KeyId, tags: { a: 'b' } }]);
      const read = await after.s3.send(new GetObjectCommand({ Bucket: 'documents', Key: 'public/ä/b' }));
      expect(await read.Body?.transformToString()).toBe('2');
      expect(read.CacheControl).toBe('max-age=1');
      expect(stack.s3.versions('')).toHaveLength(2);
      const key = { issuer: { S: 'https://i' } };
      const loaded = await after.dynamodb.send(
        new GetItemCommand({ TableName: 'keyrings', Key: key, ConsistentRead: true }),
      );
      expect(loaded.Item).toEqual(item);
    } finally {
      await stack.close();
    }
  });

  test('at any instant the last write that was told of is there, whole', async () => {
    const writer = `
      import { writeSync } from 'node:fs';
      import { DataDirectory } from '${LIB}state.ts';
      const folder = new DataDirectory('${path}').folder('s3');
      for (let n = 1; ; n++) { folder.put('document', \`\${n} \${'x'.repeat(50_000)} \${n}\`); writeSync(1, n + '\\n'); }`;
    for (const milliseconds of [1, 8, 15]) {
      const script = join(path, '..', 'writer.ts');
      writeFileSync(script, writer);
      const running = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
      let told = '';
      running.stdout.on('data', (data) => {
        told += data;
      });
      await once(running.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      running.kill('SIGKILL');
      await once(running, 'close');
      const last = Number(told.trimEnd().split('\n').at(-1));
      const directory = new DataDirectory(path);
      const [start, , end] = directory.folder('s3').load().get('document')?.toString().split(' ') ?? [];
      directory.close();
      expect(start).toBe(end);
      expect(Number(start)).toBeGreaterThanOrEqual(last);
    }
  });

  test('an item is at least what a write of it was told', async () => {
    const item = { issuer: { S: 'https://i' }, keyring: { S: 'x'.repeat(50_000) } };
    let told = 0;
    for (const milliseconds of [1, 8, 15]) {
      const killed = await child(CHILD_STACK());
      const { dynamodb } = clients(killed.said);
      const write = (revision: number) =>
        dynamodb.send(
          new PutItemCommand({ TableName: 'keyrings', Item: { ...item, revision: { N: String(revision) } } }),
        );
      await write(++told);
      const killing = sleep(milliseconds).then(killed.kill);
      const writing = (async () => {
        for (;;) {
          await write(told + 1);
          told++;
        }
      })();
      await expect(writing).rejects.toThrow();
      await killing;
      const stack = await startStack({ ...OPTIONS, dataDirectory: path });
      const Key = { issuer: item.issuer };
      const read = await clients(stack.awsEndpointUrl).dynamodb.send(
        new GetItemCommand({ TableName: 'keyrings', Key }),
      );
      await stack.close();
      expect(read.Item?.keyring).toEqual(item.keyring);
      expect(Number(read.Item?.revision?.N) - told).toBeOneOf([0, 1]);
      told = Number(read.Item?.revision?.N);
    }
  });
});

describe('one directory, one process', () => {
  test('the second is told the first', async () => {
    const first = await child(CHILD_STACK());
    await expect(startStack({ ...OPTIONS, dataDirectory: path })).rejects.toThrow(
      `${path} is in use by process ${first.pid}`,
    );
    await first.kill();
    const second = await startStack({ ...OPTIONS, dataDirectory: path });
    await second.close();
    expect(existsSync(join(path, 'lock'))).toBe(false);
  });

  test('two stacks of one process exclude each other too', async () => {
    const first = new DataDirectory(path);
    expect(() => new DataDirectory(path)).toThrow(`${path} is in use by process ${process.pid}`);
    first.close();
    new DataDirectory(path).close();
  });

  test('a lock whose pid now belongs to another process is stale', () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'lock'), '1 999999999999');
    new DataDirectory(path).close();
  });

  test('of ten processes that find a stale lock one takes it', async () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'lock'), '999999999 1');
    const contenders = Array.from({ length: 10 }, () =>
      child(`
        import { DataDirectory } from '${LIB}state.ts';
        try { new DataDirectory('${path}'); console.log('mine'); } catch (error) { console.log(error.message); }
        setInterval(() => {}, 1000);`),
    );
    const results = await Promise.all(contenders);
    await Promise.all(results.map(({ kill }) => kill()));
    const owner = results.filter(({ said }) => said === 'mine');
    expect(owner).toHaveLength(1);
    for (const { said } of results.filter((result) => result !== owner[0])) {
      expect(said).toBe(`${path} is in use by process ${owner[0]?.pid}`);
    }
  });
});

describe('a directory that cannot be used', () => {
  test.for([
    ['a file', () => writeFileSync(path, ''), 'is not a directory'],
    [
      'below a file',
      () => {
        writeFileSync(path, '');
        path = join(path, 'below');
      },
      'is not a directory',
    ],
    [
      'somebody else’s',
      () => [mkdirSync(path), writeFileSync(join(path, 'thesis.txt'), '')],
      'is not empty and holds no state',
    ],
    [
      'of another format',
      () => [mkdirSync(path), writeFileSync(join(path, 'format'), 'keyturn-local 1\n')],
      'has the format "keyturn-local 1", this version reads "keyturn-local 2"',
    ],
  ] as const)('is %s', ([, make, sentence]) => {
    make();
    expect(() => new DataDirectory(path)).toThrow(sentence);
    expect(existsSync(join(path, 'lock'))).toBe(false);
  });
});

test('only the owner can read what is kept, and parts of a killed write go', () => {
  const directory = new DataDirectory(path);
  const folder = directory.folder('kms');
  folder.put('a.json', '{}');
  writeFileSync(join(path, 'kms', 'b.json.part'), '{');
  expect([...folder.load().keys()]).toEqual(['a.json']);
  expect(readdirSync(join(path, 'kms'))).toEqual(['a.json']);
  expect(statSync(join(path, 'kms', 'a.json')).mode & 0o777).toBe(0o600);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(path, 'format'), 'utf8')).toBe('keyturn-local 2\n');
  directory.close();
});

test('a table of more than one page is kept whole, and what was deleted is not', async () => {
  const first = await startStack({ ...OPTIONS, dataDirectory: path });
  const before = clients(first.awsEndpointUrl);
  const item = (n: number) => ({ issuer: { S: `https://${n}` }, bytes: { B: Buffer.alloc(390_000, n) } });
  for (const n of [1, 2, 3, 4, 5, 6, 7]) {
    await before.dynamodb.send(new PutItemCommand({ TableName: 'keyrings', Item: item(n) }));
  }
  const Key = { issuer: item(2).issuer };
  await before.dynamodb.send(new DeleteItemCommand({ TableName: 'keyrings', Key }));
  await first.close();
  const second = await startStack({ ...OPTIONS, dataDirectory: path });
  const { dynamodb } = clients(second.awsEndpointUrl);
  for (const n of [1, 2, 3, 4, 5, 6, 7]) {
    const read = await dynamodb.send(
      new GetItemCommand({ TableName: 'keyrings', Key: { issuer: { S: `https://${n}` } } }),
    );
    expect(read.Item?.bytes?.B && Buffer.from(read.Item.bytes.B)).toEqual(n === 2 ? undefined : item(n).bytes.B);
  }
  await second.close();
});

test('nobody is told of an item that the disk did not take', async () => {
  const stack = await startStack({ ...OPTIONS, dataDirectory: path });
  const { dynamodb } = clients(stack.awsEndpointUrl);
  const item = { issuer: { S: 'https://i' } };
  const get = () => dynamodb.send(new GetItemCommand({ TableName: 'keyrings', Key: item }));
  rmSync(join(path, 'dynamodb'), { recursive: true });
  await expect(dynamodb.send(new PutItemCommand({ TableName: 'keyrings', Item: item }))).rejects.toThrow('ENOENT');
  await expect(get()).rejects.toThrow('ENOENT');
  mkdirSync(join(path, 'dynamodb'));
  expect((await get()).Item).toEqual(item);
  expect(JSON.parse(readFileSync(join(path, 'dynamodb', 'items.json'), 'utf8'))).toEqual([item]);
  await stack.close();
});

test('versions keep their order and their removal across a start', () => {
  const directory = new DataDirectory(path);
  const first = new Bucket('b', directory.folder('s3'));
  first.put('k', Buffer.from('1'), {});
  const second = first.put('k', Buffer.from('2'), {});
  first.delete('k');
  first.delete('k', second.versionId);
  const again = new Bucket('b', directory.folder('s3'));
  expect(again.versions('')).toEqual(first.versions(''));
  expect(again.put('k', Buffer.from('3'), {}, { ifNoneMatch: '*' }).sequence).toBe(4);
  directory.close();
});

test('a stack that cannot start leaves no lock behind', async () => {
  const first: Stack = await startStack(OPTIONS);
  const port = Number(new URL(first.url).port);
  await expect(startStack({ ...OPTIONS, port, dataDirectory: path })).rejects.toThrow(
    `port ${port} is in use on 127.0.0.1; choose another with --port`,
  );
  expect(existsSync(join(path, 'lock'))).toBe(false);
  await first.close();
});
