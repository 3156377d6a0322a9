import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startAwsStub } from '../../bench/aws-stub.ts';
import { SHIPPED } from '../../bench/bundles.ts';
import { TokenProcess } from '../../bench/token-process.ts';

test('connections outlive the invocation that opened them: one to each of DynamoDB and KMS, however many tokens', async () => {
  const stub = await startAwsStub({ algorithm: 'ES256' });
  const { hostname, port } = new URL(stub.environment.AWS_ENDPOINT_URL ?? '');
  let opened = 0;
  const counter = createServer((socket) => {
    opened += 1;
    const upstream = connect(Number(port), hostname);
    for (const end of [socket, upstream]) end.on('error', () => undefined);
    socket.pipe(upstream).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(counter, 'listening');
  const AWS_ENDPOINT_URL = `http://127.0.0.1:${(counter.address() as AddressInfo).port}`;
  const signer = new TokenProcess(SHIPPED, { ...stub, environment: { ...stub.environment, AWS_ENDPOINT_URL } });
  onTestFinished(() => {
    signer.close();
    counter.close();
    stub.close();
  });

  await signer.cost(1, 1);
  expect(opened).toBe(2);
  // One after another, as in an environment of Lambda, with pauses in which it is frozen.
  for (let pause = 0; pause < 3; pause++) {
    await sleep(300);
    await signer.cost(30, 1);
  }
  expect(stub.calls.filter((call) => call === 'kms.Sign')).toHaveLength(91);
  expect(opened).toBe(2);
});
