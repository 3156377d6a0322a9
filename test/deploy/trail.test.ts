/** The rules of watchTrail as an emulator understands them that nobody here wrote, event by event. moto has no such call. */
import { EventBridgeClient, TestEventPatternCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SEEN, type TrailEvent, UNSEEN } from '../cdk/trail-events.ts';
import { watched } from '../cdk/trail-watched.ts';
import { type Emulator, startMiniStack } from './emulator.ts';

const { patterns } = watched();

let emulator: Emulator;
let client: EventBridgeClient;
beforeAll(async () => {
  emulator = await startMiniStack({ iam: false });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new EventBridgeClient({ endpoint: emulator.endpoint, region: 'us-east-1', credentials });
});
afterAll(() => emulator?.close());

async function isSeen(event: TrailEvent): Promise<boolean> {
  const whole = { id: '1', account: '111122223333', time: '2026-11-23T18:58:30Z', region: 'us-east-1', resources: [] };
  const Event = JSON.stringify({ version: '0', ...whole, ...event });
  const answers = patterns.map((pattern) =>
    client.send(new TestEventPatternCommand({ EventPattern: JSON.stringify(pattern), Event })),
  );
  return (await Promise.all(answers)).some(({ Result }) => Result);
}

test.each(SEEN)('is seen: %s', async (_, event) => expect(await isSeen(event)).toBe(true));
test.each(UNSEEN)('is not seen: %s', async (_, event) => expect(await isSeen(event)).toBe(false));
