import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Settings } from '../settings/index.ts';

/** The service that is scaled, and by what. */
export interface SenderScalingProps {
  readonly service: FargateService;
  readonly queue: IQueue;
  readonly scaling: NonNullable<Settings['sender']['scaling']>;
}

/** Minutes without any work after which there are `minCount` tasks again. */
const IDLE_MINUTES = 10;

/**
 * Scales sender tasks by the backlog of each: units of work that wait in the queue, and units that senders
 * put off because they are at capacity. Where there is no task, any work brings one. Tasks go when no work is
 * left, since pushes are rare and large.
 */
export class SenderScaling extends Construct {
  constructor(scope: Construct, id: string, { service, queue, scaling }: SenderScalingProps) {
    super(scope, id);
    const { minCount, maxCount, unitsPerTask } = scaling;
    const most = { period: Duration.minutes(1), statistic: 'Maximum' };
    const waiting = queue.metricApproximateNumberOfMessagesVisible(most);
    const delayed = queue.metricApproximateNumberOfMessagesDelayed(most);
    const atWork = queue.metricApproximateNumberOfMessagesNotVisible(most);
    const tasks = new Metric({
      namespace: 'ECS/ContainerInsights',
      metricName: 'RunningTaskCount',
      dimensionsMap: { ClusterName: service.cluster.clusterName, ServiceName: service.serviceName },
      ...most,
    });
    const count = service.autoScaleTaskCount({ minCapacity: minCount, maxCapacity: maxCount });
    count.scaleOnMetric('Backlog', {
      metric: new MathExpression({
        expression: `IF(FILL(tasks, 0) > 0, (waiting + delayed) / tasks, ${unitsPerTask} * (waiting + delayed))`,
        usingMetrics: { waiting, delayed, tasks },
        period: most.period,
        label: 'units of work that wait for each task',
      }),
      scalingSteps: [
        { upper: unitsPerTask, change: 0 },
        { lower: unitsPerTask, change: 1 },
        { lower: 4 * unitsPerTask, change: 4 },
      ],
      cooldown: Duration.minutes(1),
    });
    count.scaleOnMetric('Idle', {
      metric: new MathExpression({
        expression: 'waiting + delayed + atWork',
        usingMetrics: { waiting, delayed, atWork },
        period: most.period,
        label: 'units of work',
      }),
      scalingSteps: [
        { upper: 0, change: -maxCount },
        { lower: 1, change: 0 },
      ],
      evaluationPeriods: IDLE_MINUTES,
    });
  }
}
