import { Duration } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type DetailType, EVENT_SOURCE } from '../../lib/events/contracts.ts';

/** Where the bus sends what is to be distributed. */
export interface BmscEventBusProps {
  readonly queue: IQueue;
  readonly pushAtRegistration: boolean;
}

/** The bus of the BM-SC, and the rules from it to the sender's queue. */
export class BmscEventBus extends Construct {
  readonly eventBus: EventBus;

  constructor(scope: Construct, id: string, { queue, pushAtRegistration }: BmscEventBusProps) {
    super(scope, id);
    this.eventBus = new EventBus(this, 'Bus', { description: 'BM-SC key management' });
    const deadLetterQueue = new Queue(this, 'RuleDeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const rules: Readonly<Record<string, readonly DetailType[]>> = {
      Granted: ['MSK Request Granted'],
      Requests: ['Push MSK', 'Solicit MSK Pull'],
      ...(pushAtRegistration ? { Registered: ['UE Registered'] } : {}),
    };
    for (const [name, detailTypes] of Object.entries(rules)) {
      new Rule(this, name, {
        eventBus: this.eventBus,
        eventPattern: { source: [EVENT_SOURCE], detailType: [...detailTypes] },
        targets: [new SqsQueue(queue, { deadLetterQueue })],
      });
    }
  }
}
