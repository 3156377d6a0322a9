/** A virtual world with CloudWatch beside it, which sees what the deployed functions would write and what Lambda counts. */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { embedded, type Metric, tickMetrics } from '../../functions/metrics.ts';
import type { TokenIssuerProps } from '../../lib/cdk/props.ts';
import { TokenIssuer } from '../../lib/cdk/token-issuer.ts';
import { recorded } from '../../lib/core/tick-record.ts';
import { World } from '../../lib/simulator/world.ts';
import { Resolved } from '../iam/template.ts';
import { type Alarm, embeddedPoints, filteredPoints, type Point, stateOf } from './cloudwatch.ts';
import { CONTEXT, ISSUER } from './synth.ts';

export function synthesized(props: Partial<TokenIssuerProps> = {}): Template {
  const stack = new Stack(new App({ context: CONTEXT, builtinCloudFormationValidation: false }), 'Keyturn');
  new TokenIssuer(stack, 'Issuer', {
    issuer: ISSUER,
    alarmTopic: new Topic(stack, 'Topic'),
    watchTrail: true,
    ...props,
  });
  return Template.fromStack(stack);
}

export const resolvedOf = (template: Template): Resolved => new Resolved(template.toJSON() as never);
/** By the name that each has in the documents. */
export const alarmsOf = (template: Resolved): ReadonlyMap<string, Alarm> =>
  new Map(
    template
      .ofType('AWS::CloudWatch::Alarm')
      .map(([id, alarm]) => [/^IssuerAlarms([A-Za-z]+?)[0-9A-F]{8}$/.exec(id)?.[1] ?? id, alarm as unknown as Alarm]),
  );

export class WatchedWorld {
  readonly world = new World();
  readonly #template: Resolved;
  readonly #alarms: ReadonlyMap<string, Alarm>;
  readonly #points: Point[] = [];

  constructor(template: Resolved) {
    this.#template = template;
    this.#alarms = alarmsOf(template);
  }

  /** With a key that signs and a standby that the edge has shown. */
  static async settled(template: Resolved): Promise<WatchedWorld> {
    const watched = new WatchedWorld(template);
    await watched.tick();
    await watched.tick();
    return watched;
  }

  /** The next tick of the schedule, as functions/rotate.ts does it; by now half of the time to the one after has passed. */
  async tick(): Promise<void> {
    const { world } = this;
    world.now += world.policy.tick / 2;
    this.counted('IssuerRotate', 'Invocations');
    const began = world.log.length;
    const records = { write: async () => undefined, read: async () => undefined };
    const notice: Parameters<typeof recorded>[0]['notice'] = (record) =>
      this.write('IssuerRotateLogs', [tickMetrics(record, world.policy.rotationPeriod)]);
    await recorded({ records, clock: () => world.now, log: () => undefined, notice }, world.policy, () =>
      world.tick(),
    ).then(
      () => this.counted('IssuerRotate', 'Errors', 0),
      () => this.counted('IssuerRotate', 'Errors'),
    );
    this.write('IssuerRotateLogs', [], world.log.slice(began));
    world.now += world.policy.tick / 2;
  }

  /** What Lambda itself counts of a function. */
  counted(FunctionName: string, name: string, value = 1): void {
    this.#points.push({ namespace: 'AWS/Lambda', name, dimensions: { FunctionName }, value, at: this.world.now });
  }

  /** Lines with metrics, as the functions write them, and lines without. */
  write(logGroup: string, metrics: readonly (readonly Metric[])[], lines: readonly (object | string)[] = []): void {
    const { now } = this.world;
    const carrying = metrics.map((some) => ({ event: 'metrics', ...embedded(ISSUER, now, some, true) }));
    for (const line of [...carrying, ...lines]) {
      if (typeof line === 'object') this.#points.push(...embeddedPoints(line));
      this.#points.push(...filteredPoints(this.#template, logGroup, line, now));
    }
  }

  /** Those that would be in the state of alarm now, by name. */
  get alarms(): string[] {
    return [...this.#alarms].flatMap(([name, alarm]) =>
      stateOf(alarm, this.#points, this.world.now) === 'ALARM' ? [name] : [],
    );
  }
}
