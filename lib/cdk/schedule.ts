/** What makes the rotator tick, and where a tick goes that failed. */
import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { formatDuration } from '../core/duration.ts';
import { KeyturnError } from '../core/errors.ts';

export interface TickingProps {
  readonly rotate: IFunction;
  /** The rotator's. */
  readonly role: Role;
  /** Seconds. */
  readonly tick: number;
}

export class Ticking extends Construct {
  readonly schedule: Schedule;
  /** Ticks that failed: a scheduler's own dead-letter queue never sees a function that throws. */
  readonly failures: Queue;

  constructor(scope: Construct, id: string, { rotate, role, tick }: TickingProps) {
    super(scope, id);
    if (tick < 60 || tick % 60 !== 0) {
      throw new KeyturnError(
        'policy_invalid',
        `tick must be whole minutes, as EventBridge Scheduler counts, got ${formatDuration(tick)}`,
      );
    }
    this.failures = new Queue(this, 'Failures', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    role.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'ReportFailedTicks',
        actions: ['sqs:SendMessage'],
        resources: [this.failures.queueArn],
      }),
    );
    // The next tick is the retry. One that had to wait for that long has nothing left to do; Lambda takes 60 s to 6 h.
    const maxEventAge = Duration.seconds(Math.min(tick, 6 * 3600));
    rotate.configureAsyncInvoke({
      retryAttempts: 0,
      maxEventAge,
      onFailure: { bind: () => ({ destination: this.failures.queueArn }) },
    });
    this.schedule = new Schedule(this, 'Schedule', {
      description: 'One tick of the reconciler',
      schedule: ScheduleExpression.rate(Duration.seconds(tick)),
      // Not the library's LambdaInvoke: its role may invoke every version and alias.
      target: {
        bind: () => ({
          arn: rotate.functionArn,
          role: this.#invoker(rotate),
          retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
        }),
      },
    });
  }

  #invoker(rotate: IFunction): Role {
    const stack = Stack.of(this);
    const group = { service: 'scheduler', resource: 'schedule-group', resourceName: 'default' };
    const invoke = new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [rotate.functionArn] });
    return new Role(this, 'Invoker', {
      // https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': stack.formatArn(group) },
        },
      }),
      inlinePolicies: { InvokeRotate: new PolicyDocument({ statements: [invoke] }) },
    });
  }
}
