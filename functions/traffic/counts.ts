import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { TrafficEvent, TrafficSender } from '../../lib/traffic/traffic-sender.ts';
import { METRIC } from '../metric-names.ts';
import { createMetrics } from '../metrics.ts';

/** How often counts are written, in ms. */
const WRITE_EVERY_MS = 60_000;

/** Counts messages, packets and spent ranges, and writes the counts to the log each minute. */
export class TrafficCounts {
  readonly #metrics;
  readonly #senders: () => readonly TrafficSender[];
  readonly #writing: NodeJS.Timeout;
  #written = { messages: 0, packets: 0, dropped: 0 };
  #spent = 0;

  constructor(env: NodeJS.ProcessEnv, senders: () => readonly TrafficSender[]) {
    this.#metrics = createMetrics(env);
    this.#senders = senders;
    this.#writing = setInterval(() => this.#write(), WRITE_EVERY_MS);
  }

  add({ kind }: TrafficEvent): void {
    if (kind === 'range-spent') this.#spent += 1;
  }

  /** Writes what is left. */
  stop(): void {
    clearInterval(this.#writing);
    this.#write();
  }

  #write(): void {
    const now = { messages: 0, packets: 0, dropped: 0 };
    for (const { counts } of this.#senders()) {
      now.messages += counts.messages;
      now.packets += counts.packets;
      now.dropped += counts.dropped;
    }
    const { messages, packets, dropped } = this.#written;
    this.#metrics.addMetric(METRIC.mtkMessagesSent, MetricUnit.Count, now.messages - messages);
    this.#metrics.addMetric(METRIC.srtpPacketsSent, MetricUnit.Count, now.packets - packets);
    this.#metrics.addMetric(METRIC.rtpPacketsDropped, MetricUnit.Count, now.dropped - dropped);
    this.#metrics.addMetric(METRIC.mtkRangesSpent, MetricUnit.Count, this.#spent);
    this.#metrics.publishStoredMetrics();
    this.#written = now;
    this.#spent = 0;
  }
}
