import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { TrafficEvent, TrafficSender } from '../../lib/traffic/traffic-sender.ts';
import { KEY_DOMAIN_DIMENSION, METRIC } from '../metric-names.ts';
import { countsByKeyDomain, createMetrics } from '../metrics.ts';

/** How often counts are written, in ms. */
const WRITE_EVERY_MS = 60_000;

/** The metric that counts an event; events that no metric counts are left out. */
const METRIC_OF_EVENT: Readonly<Partial<Record<TrafficEvent['kind'], string>>> = {
  'mtk-in-use': METRIC.mtkChanges,
  'range-low': METRIC.mtkRangesLow,
  'range-spent': METRIC.mtkRangesSpent,
  'msk-revoked': METRIC.trafficMsksRevoked,
  failed: METRIC.trafficFailures,
};

/** Counts by the names of their metrics. */
type Counts = Record<string, number>;

/**
 * Counts messages, packets and what happens to streams, and writes the counts to the log each minute: of all
 * streams, and for each Key Domain where the setting says so.
 */
export class TrafficCounts {
  readonly #metrics;
  readonly #byKeyDomain: boolean;
  readonly #senders: () => readonly Pick<TrafficSender, 'counts' | 'keyDomainId'>[];
  readonly #writing: NodeJS.Timeout;
  /** Of each Key Domain, what senders had counted when it was written last. */
  #written = new Map<string, Counts>();
  /** Of each Key Domain, the events since then. */
  #events = new Map<string, Counts>();

  constructor(
    env: NodeJS.ProcessEnv,
    senders: () => readonly Pick<TrafficSender, 'counts' | 'keyDomainId'>[],
  ) {
    this.#metrics = createMetrics(env);
    this.#byKeyDomain = countsByKeyDomain(env);
    this.#senders = senders;
    this.#writing = setInterval(() => this.#write(), WRITE_EVERY_MS);
  }

  /** Counts what has happened to a stream of a Key Domain. */
  add({ kind }: TrafficEvent, keyDomainId: string): void {
    const metric = METRIC_OF_EVENT[kind];
    if (metric !== undefined)
      this.#events.set(keyDomainId, sumOf(this.#events.get(keyDomainId), { [metric]: 1 }));
  }

  /** Writes what is left. */
  stop(): void {
    clearInterval(this.#writing);
    this.#write();
  }

  #write(): void {
    const now = new Map<string, Counts>();
    for (const { counts, keyDomainId } of this.#senders())
      now.set(
        keyDomainId,
        sumOf(now.get(keyDomainId), {
          [METRIC.mtkMessagesSent]: counts.messages,
          [METRIC.srtpPacketsSent]: counts.packets,
          [METRIC.rtpPacketsDropped]: counts.dropped,
        }),
      );
    // All metrics, so that one that is 0 has data: an alarm then knows that the service runs.
    let all: Counts = Object.fromEntries(Object.values(METRIC_OF_EVENT).map((name) => [name, 0]));
    for (const [keyDomainId, counts] of now) {
      const before = this.#written.get(keyDomainId) ?? {};
      const sent = Object.entries(counts).map(
        ([name, value]) => [name, value - (before[name] ?? 0)] as const,
      );
      const own = sumOf(this.#events.get(keyDomainId), Object.fromEntries(sent));
      all = sumOf(all, own);
      if (this.#byKeyDomain) this.#writeOne(keyDomainId, own);
    }
    for (const [name, value] of Object.entries(all)) this.#metrics.addMetric(name, MetricUnit.Count, value);
    this.#metrics.publishStoredMetrics();
    this.#written = now;
    this.#events = new Map();
  }

  #writeOne(keyDomainId: string, counts: Counts): void {
    for (const [name, value] of Object.entries(counts)) {
      const single = this.#metrics.singleMetric();
      single.addDimension(KEY_DOMAIN_DIMENSION, keyDomainId);
      single.addMetric(name, MetricUnit.Count, value);
    }
  }
}

function sumOf(one: Counts = {}, other: Counts = {}): Counts {
  const sum = { ...one };
  for (const [name, value] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + value;
  return sum;
}
