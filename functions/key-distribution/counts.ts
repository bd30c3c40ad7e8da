import type { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { DeliveryFact } from '../../lib/distribution/delivery/delivery.ts';
import type { PageOutcome } from '../../lib/store/ledger/push-page.ts';
import { METRIC } from '../metrics.ts';

/** What a sender counts, written to the log every second: a line for each UE would cost more than its message. */
export interface SenderCounts {
  readonly add: (fact: DeliveryFact) => void;
  readonly addPage: (outcome: PageOutcome) => void;
  /** Datagrams that another worker was given. */
  readonly addPassedOn: (datagrams: number) => void;
  /** Datagrams for another worker that can't have them. */
  readonly addNotPassedOn: (datagrams: number) => void;
  /** Writes what is left. */
  readonly stop: () => void;
}

/** How often counts are written, in ms. */
const WRITE_EVERY_MS = 1000;
/** Latencies of one writing: an entry of embedded metric format holds less than 100 values of a metric. */
const MAX_LATENCIES = 99;

/** Counts from nothing. */
export function createSenderCounts(logger: Logger): SenderCounts {
  const metrics = new Metrics();
  const counts = new Map<string, number>();
  const ignored = new Map<string, number>();
  let latencies: number[] = [];
  const count = (name: string, value: number) => {
    if (value > 0) counts.set(name, (counts.get(name) ?? 0) + value);
  };
  const ignore = (reason: string, datagrams: number) => {
    count(METRIC.datagramsIgnored, datagrams);
    ignored.set(reason, (ignored.get(reason) ?? 0) + datagrams);
  };

  const write = () => {
    for (const [name, value] of counts) metrics.addMetric(name, MetricUnit.Count, value);
    for (const latency of latencies)
      metrics.addMetric(METRIC.verificationLatency, MetricUnit.Milliseconds, latency);
    if (counts.size > 0 || latencies.length > 0) metrics.publishStoredMetrics();
    if (counts.size > 0) logger.info('counted', Object.fromEntries(counts));
    if (ignored.size > 0) logger.info('datagrams ignored', Object.fromEntries(ignored));
    counts.clear();
    ignored.clear();
    latencies = [];
  };
  const writing = setInterval(write, WRITE_EVERY_MS);

  return {
    add: (fact) => {
      if (fact.kind === 'sent') {
        count(METRIC.messagesSent, fact.messages);
        count(METRIC.messagesRepeated, fact.repeated);
      } else if (fact.kind === 'ignored') {
        ignore(fact.reason, 1);
      } else {
        count(METRIC.msksDelivered, 1);
        if (latencies.length < MAX_LATENCIES) latencies.push(fact.latencyMs);
      }
    },
    addPage: ({ failed }) => {
      for (const [reason, { length }] of Object.entries(failed))
        count(reason === 'not-verified' ? METRIC.msksUnverified : METRIC.messagesFailed, length);
    },
    addPassedOn: (datagrams) => count(METRIC.datagramsPassedOn, datagrams),
    addNotPassedOn: (datagrams) => ignore('not-passed-on', datagrams),
    stop: () => {
      clearInterval(writing);
      write();
    },
  };
}
