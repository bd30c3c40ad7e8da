import { ArnFormat, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type EventPattern, type IEventBus, type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import { addToDeadLetterQueueResourcePolicy } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, ResourcePolicy, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Which events are logged, and for how long. */
export interface EventLogProps {
  readonly eventBus: IEventBus;
  readonly eventPattern: EventPattern;
  readonly retention: RetentionDays;
  readonly deadLetterQueue: IQueue;
}

/** Each event of the bus as it is, in a log group that can be searched by its correlation ID. */
export class EventLog extends Construct {
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: EventLogProps) {
    super(scope, id);
    const { eventBus, eventPattern, retention, deadLetterQueue } = props;
    this.logGroup = new LogGroup(this, 'Logs', {
      // EventBridge writes to groups of such names alone.
      logGroupName: `/aws/events/${Names.uniqueResourceName(this, { maxLength: 100 })}`,
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A policy of our own: the CDK's target would make it by a function with a managed policy.
    new ResourcePolicy(this, 'Policy', {
      policyStatements: [
        new PolicyStatement({
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          principals: ['events.amazonaws.com', 'delivery.logs.amazonaws.com'].map(
            (service) => new ServicePrincipal(service),
          ),
          resources: [this.logGroup.logGroupArn],
        }),
      ],
    });
    new Rule(this, 'Rule', { eventBus, eventPattern, targets: [this.#target(deadLetterQueue)] });
  }

  #target(deadLetterQueue: IQueue): IRuleTarget {
    const arn = Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: this.logGroup.logGroupName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return {
      bind: (rule) => {
        addToDeadLetterQueueResourcePolicy(rule, deadLetterQueue);
        return { arn, deadLetterConfig: { arn: deadLetterQueue.queueArn } };
      },
    };
  }
}
