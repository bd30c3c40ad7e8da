import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, type MetricProps, Stats, Unit } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import {
  KEY_DOMAIN_DIMENSION,
  METRIC,
  METRICS_NAMESPACE,
  METRICS_SERVICE,
} from '../../functions/metric-names.ts';
import { deploymentOf } from './deployment.ts';
import type { DistributionQueue } from './distribution-queue.ts';
import type { KeyDistribution } from './key-distribution.ts';
import type { KeyRequest } from './key-request.ts';
import type { KeyStoreBase } from './key-store.ts';

/** The parts of a BM-SC that have metrics of AWS's own. */
export interface WatchedParts {
  readonly keyStore: KeyStoreBase;
  readonly keyRequest: KeyRequest;
  readonly queues: DistributionQueue;
  readonly keyDistribution: KeyDistribution;
  readonly scheduleGroupName: string;
  /** Whether keys come from the network, too. */
  readonly hasKeySource: boolean;
  /** Whether a service of the deployment asks the BSF over Zn. */
  readonly hasZn: boolean;
  /** The traffic key service; undefined: there is none. */
  readonly traffic?: object | undefined;
  /** Whether MSKs are fed to 5MBS. */
  readonly hasMbs: boolean;
  /** Whether the status of MBS sessions is followed. */
  readonly hasMbsStatus: boolean;
}

const PERIOD = Duration.minutes(5);

/** Key requests that came to `result`. */
export const keyRequests = (scope: Construct, result: string): Metric =>
  counted(scope, METRIC.keyRequests, METRICS_SERVICE.keyRequest, { result });

/** Answers 401 for `reason`. */
export const challenges = (scope: Construct, reason: string): Metric =>
  counted(scope, METRIC.challenges, METRICS_SERVICE.keyRequest, { reason });

/** Requests that are otherwise than a member of the payload profile says. */
export const payloadMismatches = (scope: Construct, member: string): Metric =>
  counted(scope, METRIC.payloadMismatches, METRICS_SERVICE.keyRequest, { member });

/** Those of authenticated UEs. */
export const payloadMismatchesOfUes = (scope: Construct): Metric =>
  counted(scope, METRIC.payloadMismatchesOfUes, METRICS_SERVICE.keyRequest);

/** Look-ups of keys in the network that came to `result`. */
export const lookUps = (scope: Construct, result: string): Metric =>
  counted(scope, METRIC.lookUps, METRICS_SERVICE.keyRequest, { result });

/** From the question to the network to its answer, ms, at a percentile. */
export const lookUpLatency = (scope: Construct, percentile: number): Metric =>
  counted(
    scope,
    METRIC.lookUpLatency,
    METRICS_SERVICE.keyRequest,
    {},
    { statistic: Stats.percentile(percentile), unit: Unit.MILLISECONDS },
  );

/** Requests for keys over Zn that came to `result`. */
export const znRequests = (scope: Construct, result: string): Metric =>
  counted(scope, METRIC.znRequests, METRICS_SERVICE.zn, { result });

/** Diameter peers that can be asked, of the task that has the fewest. */
export const znOpenPeers = (scope: Construct): Metric =>
  counted(scope, METRIC.znOpenPeers, METRICS_SERVICE.zn, {}, { statistic: Stats.MINIMUM });

/** A count of the traffic key service's. */
export const trafficCount = (scope: Construct, name: (typeof METRIC)[keyof typeof METRIC]): Metric =>
  counted(scope, name, METRICS_SERVICE.traffic);

/** MBS sessions whose status is to be followed, and is not, at most. */
export const mbsSubscriptionsBehind = (scope: Construct): Metric =>
  counted(scope, METRIC.mbsSubscriptionsBehind, METRICS_SERVICE.mbsFeed, {}, { statistic: Stats.MAXIMUM });

/** MBS sessions that have not the MSKs that there are, at most. */
export const mbsSessionsBehind = (scope: Construct): Metric =>
  counted(scope, METRIC.mbsSessionsBehind, METRICS_SERVICE.mbsFeed, {}, { statistic: Stats.MAXIMUM });

/** Requests to rotate, activate or revoke that came to `result`. */
export const rotations = (scope: Construct, result: string, keyDomainId?: string): Metric =>
  counted(scope, METRIC.rotations, METRICS_SERVICE.keyRotation, {
    result,
    ...(keyDomainId !== undefined && { [KEY_DOMAIN_DIMENSION]: keyDomainId }),
  });

/**
 * Rotations that did not happen when they were due: the rotation before had not ended, or a schedule could
 * not put its event on the bus.
 */
export const missedRotations = (scope: Construct, scheduleGroupName: string): MathExpression => {
  const ofSchedules = (metricName: string) =>
    new Metric({
      namespace: 'AWS/Scheduler',
      metricName,
      dimensionsMap: { ScheduleGroup: scheduleGroupName },
      period: PERIOD,
      statistic: Stats.SUM,
    });
  return new MathExpression({
    expression: 'FILL(refused, 0) + FILL(failed, 0) + FILL(dropped, 0)',
    usingMetrics: {
      refused: counted(scope, METRIC.rotationsMissed, METRICS_SERVICE.keyRotation),
      failed: ofSchedules('TargetErrorCount'),
      dropped: ofSchedules('InvocationDroppedCount'),
    },
    label: 'rotations that did not happen',
    period: PERIOD,
  });
};

/** A count of the sender's, of all Key Domains or of one. */
export const senderCount = (
  scope: Construct,
  name: (typeof METRIC)[keyof typeof METRIC],
  keyDomainId?: string,
): Metric =>
  counted(
    scope,
    name,
    METRICS_SERVICE.keyDistribution,
    keyDomainId === undefined ? {} : { [KEY_DOMAIN_DIMENSION]: keyDomainId },
  );

/** MSKs that were granted to UEs which asked for them, of one Key Domain. */
export const msksGranted = (scope: Construct, keyDomainId: string): Metric =>
  counted(scope, METRIC.msksGranted, METRICS_SERVICE.keyRequest, { [KEY_DOMAIN_DIMENSION]: keyDomainId });

/** From sending an MSK to its verification message, ms, at a percentile. */
export const verificationLatency = (scope: Construct, percentile: number): Metric =>
  counted(
    scope,
    METRIC.verificationLatency,
    METRICS_SERVICE.keyDistribution,
    {},
    { statistic: Stats.percentile(percentile), unit: Unit.MILLISECONDS },
  );

function counted(
  scope: Construct,
  metricName: string,
  service: string,
  dimensions: Readonly<Record<string, string>> = {},
  props: Partial<MetricProps> = {},
): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service, deployment: deploymentOf(scope), ...dimensions },
    period: PERIOD,
    statistic: Stats.SUM,
    ...props,
  });
}
