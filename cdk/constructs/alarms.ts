import { Aws, Duration } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  MathExpression,
  type Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { METRIC } from '../../functions/metric-names.ts';
import type { Settings } from '../settings/index.ts';
import { deploymentOf } from './deployment.ts';
import {
  keyRequests,
  lookUpLatency,
  lookUps,
  mbsSessionsBehind,
  mbsSubscriptionsBehind,
  missedRotations,
  payloadMismatchesOfUes,
  senderCount,
  trafficCount,
  verificationLatency,
  type WatchedParts,
  znOpenPeers,
} from './metrics.ts';

/** What is watched, and where alarms go. */
export interface AlarmsProps {
  readonly bmsc: WatchedParts;
  readonly operations: Settings['operations'];
  /** @default as the settings say */
  readonly topic?: ITopic | undefined;
}

interface Watch {
  readonly metric: Metric | MathExpression;
  readonly above: number;
  readonly periods: number;
  /** What it means and what to do first. */
  readonly description: string;
}

/** Alarms on what an operator must act on; each says what it means. docs/operations.md says what to do. */
export class Alarms extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, { bmsc, operations, topic }: AlarmsProps) {
    super(scope, id);
    const { alarmTopicArn, alarmEmail, alarmUrl } = operations;
    const own = () =>
      alarmTopicArn === undefined ? createTopic(this) : Topic.fromTopicArn(this, 'Topic', alarmTopicArn);
    this.topic = topic ?? own();
    if (alarmEmail !== undefined) this.topic.addSubscription(new EmailSubscription(alarmEmail));
    if (alarmUrl !== undefined) this.topic.addSubscription(new UrlSubscription(alarmUrl));
    const action = new SnsAction(this.topic);
    const all = {
      ...watches(this, bmsc),
      ...(bmsc.hasKeySource ? watchesOfKeySource(this) : {}),
      ...(bmsc.hasZn ? watchesOfZn(this) : {}),
      ...(bmsc.traffic === undefined ? {} : watchesOfTraffic(this)),
      ...(bmsc.hasMbs ? watchesOfMbs(this) : {}),
      ...(bmsc.hasMbsStatus ? watchesOfMbsStatus(this) : {}),
    };
    for (const [name, watch] of Object.entries(all)) {
      const alarm = watch.metric.createAlarm(this, name, {
        threshold: watch.above,
        evaluationPeriods: watch.periods,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
        alarmDescription: watch.description,
      });
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
  }
}

/**
 * A topic that takes notifications by TLS only, and from this account's alarms: its policy allows nobody
 * else.
 */
function createTopic(scope: Construct): Topic {
  const displayName = `BM-SC alarms of ${deploymentOf(scope)}`;
  const topic = new Topic(scope, 'Topic', { displayName, enforceSSL: true });
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AllowAlarms',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  );
  return topic;
}

/** Alarms on the network that keys come from. */
function watchesOfKeySource(scope: Construct): Record<string, Watch> {
  return {
    KeySourceUnavailable: {
      metric: lookUps(scope, 'unavailable'),
      above: 10,
      periods: 1,
      description:
        'The BSF or AAnF gives no answer, or nonsense, or more is asked than lookUpsPerSecond lets through.',
    },
    KeySourceSlow: {
      metric: lookUpLatency(scope, 99),
      above: 1000,
      periods: 3,
      description:
        'The BSF or AAnF takes more than 1 s: new UEs wait, and are answered 503 after the timeout.',
    },
  };
}

/** Alarms on the service that asks the BSF over Zn. */
function watchesOfZn(scope: Construct): Record<string, Watch> {
  const none = new MathExpression({
    expression: 'IF(peers < 1, 1, 0)',
    usingMetrics: { peers: znOpenPeers(scope) },
    label: 'tasks without a Diameter peer',
  });
  return {
    ZnNoPeer: {
      metric: none,
      above: 0,
      periods: 2,
      description:
        'A task of the Zn service has no open Diameter peer: see its log, and the peers of the BSF.',
    },
  };
}

/** Alarms on the traffic key service. */
function watchesOfTraffic(scope: Construct): Record<string, Watch> {
  const silent = new MathExpression({
    expression: 'IF(sent < 1, 1, 0)',
    usingMetrics: { sent: trafficCount(scope, METRIC.mtkMessagesSent) },
    label: 'no MTK message was sent',
  });
  return {
    MtkRangeSpent: {
      metric: trafficCount(scope, METRIC.mtkRangesSpent),
      above: 0,
      periods: 1,
      description:
        'No MTK ID is left under an MSK: the MTK in use stays in use, and after a restart nothing goes out. Rotate the MSK.',
    },
    TrafficFails: {
      metric: trafficCount(scope, METRIC.trafficFailures),
      above: 5,
      periods: 2,
      description:
        'The traffic key service does not reach table, bus or KMS key: MTKs do not change. Read its log.',
    },
    TrafficSilent: {
      metric: silent,
      above: 0,
      periods: 2,
      description:
        'No MTK message goes out: no stream has an MSK that is not revoked, or its MTK was never imported.',
    },
  };
}

/** Alarms on the feed for 5MBS. */
function watchesOfMbs(scope: Construct): Record<string, Watch> {
  return {
    MbsSessionsBehind: {
      metric: mbsSessionsBehind(scope),
      above: 0,
      periods: 2,
      description:
        'An MB-SMF has not the MSKs of an MBS session: see "MBS Session Update Failed", and the log of the feed.',
    },
  };
}

/** Alarms on the status of MBS sessions. */
function watchesOfMbsStatus(scope: Construct): Record<string, Watch> {
  return {
    MbsStatusNotFollowed: {
      metric: mbsSubscriptionsBehind(scope),
      above: 0,
      periods: 2,
      description:
        'An MB-SMF takes no subscription to the status of an MBS session, whose release would not be noticed: see the log of the feed.',
    },
  };
}

/** A table of all alarms, longer than a screen. */
function watches(
  scope: Construct,
  { queues, keyStore, keyDistribution, keyRequest, scheduleGroupName }: WatchedParts,
): Record<string, Watch> {
  return {
    KeyRequestsFail: {
      metric: keyRequests(scope, 'failed'),
      above: 5,
      periods: 1,
      description:
        'Key requests end in 503: table, bus or nonce secret fail. Read the log of the Key Request function.',
    },
    RotationMissed: {
      metric: missedRotations(scope, scheduleGroupName),
      above: 0,
      periods: 1,
      description:
        'An MSK was not rotated when it was due: the rotation before has not ended, or a schedule failed.',
    },
    PayloadsMisread: {
      metric: payloadMismatchesOfUes(scope),
      above: 5,
      periods: 1,
      description:
        'UEs send payloads that are otherwise than the payload profile says (docs/payload-profile.md).',
    },
    KeyRequestErrors: {
      metric: keyRequest.handler.metricErrors(),
      above: 0,
      periods: 1,
      description: 'The Key Request function itself ended with an error: it may be wrongly set up.',
    },
    TableReadsThrottled: {
      metric: keyStore.table.metric('ReadThrottleEvents', { statistic: 'Sum' }),
      above: 10,
      periods: 2,
      description: 'The table throttles reads: raise its limits, or pace pushes.',
    },
    TableWritesThrottled: {
      metric: keyStore.table.metric('WriteThrottleEvents', { statistic: 'Sum' }),
      above: 10,
      periods: 2,
      description: 'The table throttles writes: raise its limits.',
    },
    WorkWaits: {
      metric: queues.queue.metricApproximateAgeOfOldestMessage(),
      above: 300,
      periods: 2,
      description: 'Work waits for more than 5 minutes: no sender runs, or they are too few.',
    },
    DeadLetters: {
      metric: queues.deadLetterQueue.metricApproximateNumberOfMessagesVisible(),
      above: 0,
      periods: 1,
      description: 'Work failed ten times. Find out why, then redrive (docs/operations.md).',
    },
    RuleDeadLetters: {
      metric: queues.ruleDeadLetterQueue.metricApproximateNumberOfMessagesVisible(),
      above: 0,
      periods: 1,
      description:
        'Events could not be delivered to a queue or function. Mend it, then redrive (docs/operations.md).',
    },
    MsksUnverified: {
      metric: senderCount(scope, METRIC.msksUnverified),
      above: 100,
      periods: 3,
      description: 'Many MSKs are not confirmed by their UEs: is the way to and from them open?',
    },
    VerificationSlow: {
      metric: verificationLatency(scope, 99),
      above: 5000,
      periods: 3,
      description: 'Verification messages take more than 5 s.',
    },
    ForgedDatagrams: {
      metric: senderCount(scope, METRIC.datagramsIgnored),
      above: 10_000,
      periods: 1,
      description: 'Many datagrams come in that answer nothing: narrow the setting network.ueNetworks.',
    },
    SenderBusy: {
      metric: keyDistribution.service.metricCpuUtilization({ period: Duration.minutes(5) }),
      above: 90,
      periods: 3,
      description: 'Senders use all of their CPU: add tasks, or larger ones.',
    },
  };
}
