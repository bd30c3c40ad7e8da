import { Duration } from 'aws-cdk-lib';
import { EventBus, type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type DetailType, DISTRIBUTION_REQUESTS, EVENT_SOURCE } from '../../lib/events/contracts.ts';

/** Where the bus sends what is to be distributed. */
export interface BmscEventBusProps {
  /** @default one of its own */
  readonly eventBus?: IEventBus | undefined;
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
  readonly pushAtRegistration: boolean;
  /** Days that events are archived; 0: there is no archive. */
  readonly archiveDays: number;
}

/** The bus of the BM-SC, its archive, and the rules from it to the sender's queue. */
export class BmscEventBus extends Construct {
  readonly eventBus: IEventBus;

  constructor(scope: Construct, id: string, props: BmscEventBusProps) {
    super(scope, id);
    const { queue, deadLetterQueue, pushAtRegistration, archiveDays } = props;
    this.eventBus = props.eventBus ?? new EventBus(this, 'Bus', { description: 'BM-SC key management' });
    const rules: Readonly<Record<string, readonly DetailType[]>> = {
      Granted: ['MSK Request Granted'],
      Requests: DISTRIBUTION_REQUESTS,
      ...(pushAtRegistration ? { Registered: ['UE Registered'] } : {}),
    };
    for (const [name, detailTypes] of Object.entries(rules)) {
      new Rule(this, name, {
        eventBus: this.eventBus,
        eventPattern: { source: [EVENT_SOURCE], detailType: [...detailTypes] },
        targets: [new SqsQueue(queue, { deadLetterQueue })],
      });
    }
    if (archiveDays > 0) {
      this.eventBus.archive('Archive', {
        description: 'Events of BM-SC key management',
        eventPattern: { source: [EVENT_SOURCE] },
        retention: Duration.days(archiveDays),
      });
    }
  }
}
