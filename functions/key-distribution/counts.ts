import type { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { DeliveryCount } from '../../lib/distribution/delivery/delivery.ts';
import type { PageOutcome } from '../../lib/store/ledger/push-page.ts';
import { KEY_DOMAIN_DIMENSION, METRIC } from '../metric-names.ts';
import { countsByKeyDomain, createMetrics } from '../metrics.ts';

/** How often counts are written, in ms. */
const WRITE_EVERY_MS = 1000;
/** Latencies of one writing: an entry of embedded metric format holds less than 100 values of a metric. */
const MAX_LATENCIES = 99;

/**
 * Counts what a sender does, and writes the counts to the log each second: a line for each UE would cost too
 * much.
 */
export class SenderCounts {
  readonly #logger: Logger;
  readonly #metrics = createMetrics(process.env);
  /** By the name of the metric. */
  readonly #counts = new Map<string, number>();
  /** The same of outcomes, by Key Domain; undefined: they are not counted so. */
  readonly #byKeyDomain = countsByKeyDomain(process.env) ? new Map<string, Map<string, number>>() : undefined;
  /** Datagrams ignored, by the reason. */
  readonly #ignored = new Map<string, number>();
  #latencies: number[] = [];
  readonly #writing: NodeJS.Timeout;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#writing = setInterval(() => this.#write(), WRITE_EVERY_MS);
  }

  /** Counts what the delivery reports. */
  add(counted: DeliveryCount): void {
    if (counted.kind === 'sent') {
      this.#count(METRIC.messagesSent, counted.messages);
      this.#count(METRIC.messagesRepeated, counted.repeated);
    } else if (counted.kind === 'ignored') {
      this.#ignore(counted.reason, 1);
    } else {
      this.#count(METRIC.msksDelivered, 1);
      if (this.#latencies.length < MAX_LATENCIES) this.#latencies.push(counted.latencyMs);
    }
  }

  /** Counts the UEs of a page or an answer that did not get or confirm their message. */
  addOutcome(keyDomainId: string, { verified, failed }: PageOutcome): void {
    this.#countIn(keyDomainId, METRIC.msksDelivered, verified.length);
    for (const [reason, { length }] of Object.entries(failed)) {
      const name = reason === 'not-verified' ? METRIC.msksUnverified : METRIC.messagesFailed;
      this.#count(name, length);
      this.#countIn(keyDomainId, name, length);
    }
  }

  /** Counts datagrams that went to the worker that they answer. */
  addForwarded(datagrams: number): void {
    this.#count(METRIC.datagramsForwarded, datagrams);
  }

  /** Counts datagrams for another worker that could not go there. */
  addNotForwarded(datagrams: number): void {
    this.#ignore('not-forwarded', datagrams);
  }

  /** Writes what is left. */
  stop(): void {
    clearInterval(this.#writing);
    this.#write();
  }

  #count(name: string, value: number): void {
    if (value > 0) this.#counts.set(name, (this.#counts.get(name) ?? 0) + value);
  }

  #countIn(keyDomainId: string, name: string, value: number): void {
    if (this.#byKeyDomain === undefined || value === 0) return;
    const counts = this.#byKeyDomain.get(keyDomainId) ?? new Map<string, number>();
    this.#byKeyDomain.set(keyDomainId, counts.set(name, (counts.get(name) ?? 0) + value));
  }

  #ignore(reason: string, datagrams: number): void {
    this.#count(METRIC.datagramsIgnored, datagrams);
    this.#ignored.set(reason, (this.#ignored.get(reason) ?? 0) + datagrams);
  }

  #write(): void {
    const [counts, ignored, latencies] = [this.#counts, this.#ignored, this.#latencies];
    for (const [name, value] of counts) this.#metrics.addMetric(name, MetricUnit.Count, value);
    for (const latency of latencies)
      this.#metrics.addMetric(METRIC.verificationLatency, MetricUnit.Milliseconds, latency);
    if (counts.size > 0 || latencies.length > 0) this.#metrics.publishStoredMetrics();
    if (counts.size > 0) this.#logger.info('counted', Object.fromEntries(counts));
    if (ignored.size > 0) this.#logger.info('datagrams ignored', Object.fromEntries(ignored));
    this.#writeByKeyDomain();
    counts.clear();
    ignored.clear();
    this.#latencies = [];
  }

  #writeByKeyDomain(): void {
    for (const [keyDomainId, counts] of this.#byKeyDomain ?? [])
      for (const [name, value] of counts) {
        const single = this.#metrics.singleMetric();
        single.addDimension(KEY_DOMAIN_DIMENSION, keyDomainId);
        single.addMetric(name, MetricUnit.Count, value);
      }
    this.#byKeyDomain?.clear();
  }
}
