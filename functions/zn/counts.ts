import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { METRIC, type ZnResult } from '../metric-names.ts';
import { createMetrics } from '../metrics.ts';

/** How often counts are written, in ms. */
const WRITE_EVERY_MS = 1000;
/** How often the number of open peers is written, in ms. */
const PEERS_EVERY_MS = 60_000;
/** Latencies of one writing: an entry of embedded metric format holds less than 100 values of a metric. */
const MAX_LATENCIES = 99;

/** Counts requests by result and latency, and writes the counts to the log each second. */
export class ZnCounts {
  readonly #metrics;
  readonly #openPeers: () => number;
  readonly #counts = new Map<ZnResult, number>();
  #latencies: number[] = [];
  readonly #writing: NodeJS.Timeout;
  readonly #writingPeers: NodeJS.Timeout;

  constructor(env: NodeJS.ProcessEnv, openPeers: () => number) {
    this.#metrics = createMetrics(env);
    this.#openPeers = openPeers;
    this.#writing = setInterval(() => this.#write(), WRITE_EVERY_MS);
    this.#writingPeers = setInterval(() => this.writePeers(), PEERS_EVERY_MS);
  }

  /** Counts a request. */
  add(result: ZnResult, latencyMs: number): void {
    this.#counts.set(result, (this.#counts.get(result) ?? 0) + 1);
    if (this.#latencies.length < MAX_LATENCIES) this.#latencies.push(latencyMs);
  }

  /** Writes how many peers are open now. */
  writePeers(): void {
    this.#metrics.addMetric(METRIC.znOpenPeers, MetricUnit.Count, this.#openPeers());
    this.#metrics.publishStoredMetrics();
  }

  /** Writes what is left. */
  stop(): void {
    clearInterval(this.#writing);
    clearInterval(this.#writingPeers);
    this.#write();
  }

  #write(): void {
    for (const [result, count] of this.#counts) {
      const single = this.#metrics.singleMetric();
      single.addDimension('result', result);
      single.addMetric(METRIC.znRequests, MetricUnit.Count, count);
    }
    for (const latency of this.#latencies)
      this.#metrics.addMetric(METRIC.znLatency, MetricUnit.Milliseconds, latency);
    if (this.#latencies.length > 0) this.#metrics.publishStoredMetrics();
    this.#counts.clear();
    this.#latencies = [];
  }
}
