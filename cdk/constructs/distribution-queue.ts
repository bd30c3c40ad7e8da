import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** How long a received message is invisible to other senders, in s. A sender extends it while it works. */
export const VISIBILITY_TIMEOUT_S = 120;

/** How the queues are encrypted. */
export interface DistributionQueueProps {
  readonly encryption: 'sqs' | 'kms';
}

/** The queue of work for the sender, and the dead-letter queues of that work and of the rules of the bus. */
export class DistributionQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly ruleDeadLetterQueue: Queue;

  constructor(scope: Construct, id: string, { encryption }: DistributionQueueProps) {
    super(scope, id);
    const common = { enforceSSL: true, ...encryptionOf(this, encryption) };
    const deadLetters = { ...common, retentionPeriod: Duration.days(14) };
    this.deadLetterQueue = new Queue(this, 'DeadLetters', deadLetters);
    this.ruleDeadLetterQueue = new Queue(this, 'RuleDeadLetters', deadLetters);
    this.queue = new Queue(this, 'Queue', {
      ...common,
      visibilityTimeout: Duration.seconds(VISIBILITY_TIMEOUT_S),
      retentionPeriod: Duration.days(4),
      // A page comes again each time that its sender is stopped or dies.
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: 10 },
    });
    Validations.of(this.ruleDeadLetterQueue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: "It is a dead-letter queue itself, of the bus's rules.",
    });
  }
}

/** EventBridge drops events in silence where a queue's own key does not admit it, dead letters included. */
function encryptionOf(scope: Construct, encryption: 'sqs' | 'kms'): QueueProps {
  if (encryption === 'sqs') return { encryption: QueueEncryption.SQS_MANAGED };
  const encryptionMasterKey = new Key(scope, 'Key', {
    description: 'BM-SC queues',
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  encryptionMasterKey.grantEncryptDecrypt(new ServicePrincipal('events.amazonaws.com'));
  return { encryption: QueueEncryption.KMS, encryptionMasterKey };
}
