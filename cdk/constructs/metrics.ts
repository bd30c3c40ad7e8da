import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricProps, Stats, Unit } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC, METRICS_NAMESPACE, METRICS_SERVICE } from '../../functions/metrics.ts';
import type { DistributionQueue } from './distribution-queue.ts';
import type { KeyDistribution } from './key-distribution.ts';
import type { KeyRequest } from './key-request.ts';
import type { KeyStore } from './key-store.ts';

/** The parts of a BM-SC that have metrics of AWS's own. */
export interface WatchedParts {
  readonly keyStore: KeyStore;
  readonly keyRequest: KeyRequest;
  readonly queues: DistributionQueue;
  readonly keyDistribution: KeyDistribution;
}

const PERIOD = Duration.minutes(5);

/** Key requests that came to `result`. */
export const keyRequests = (result: string): Metric =>
  counted(METRIC.keyRequests, METRICS_SERVICE.keyRequest, { result });

/** Answers 401 for `reason`. */
export const challenges = (reason: string): Metric =>
  counted(METRIC.challenges, METRICS_SERVICE.keyRequest, { reason });

/** Requests to rotate, activate or revoke that came to `result`. */
export const rotations = (result: string): Metric =>
  counted(METRIC.rotations, METRICS_SERVICE.keyRotation, { result });

/** A count of the sender's. */
export const senderCount = (name: (typeof METRIC)[keyof typeof METRIC]): Metric =>
  counted(name, METRICS_SERVICE.keyDistribution);

/** From sending an MSK to its verification message, ms, at a percentile. */
export const verificationLatency = (percentile: number): Metric =>
  counted(
    METRIC.verificationLatency,
    METRICS_SERVICE.keyDistribution,
    {},
    { statistic: Stats.percentile(percentile), unit: Unit.MILLISECONDS },
  );

function counted(
  metricName: string,
  service: string,
  dimensions: Readonly<Record<string, string>> = {},
  props: Partial<MetricProps> = {},
): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service, ...dimensions },
    period: PERIOD,
    statistic: Stats.SUM,
    ...props,
  });
}
