import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { DistributionObserver } from '../../lib/distribution/observer.ts';
import type { WorkResult } from '../../lib/distribution/push/work.ts';
import { formatMskId } from '../../lib/keys/msk-id.ts';
import type { PageOutcome } from '../../lib/store/ledger/push-page.ts';
import { inCourse } from '../course.ts';
import type { Annotations, SegmentPart } from '../tracing/segment.ts';
import type { TraceDaemon } from '../tracing/trace-daemon.ts';
import { formatTraceHeader, parseTraceHeader, type TraceContext } from '../tracing/trace-header.ts';

/** What is known of the work that a segment is for. */
interface Work {
  readonly parts: SegmentPart[];
  annotations: Annotations;
}

type Handle = (body: string) => Promise<WorkResult>;

/**
 * Makes a segment for each message of the queue whose trace is sampled: from its receipt to the last answer
 * of a UE. An MSK for a UE that asked for it is a part of it. It names no subscriber.
 */
export class WorkTraces {
  readonly #daemon: Pick<TraceDaemon, 'send'>;
  readonly #works = new AsyncLocalStorage<Work>();

  constructor(daemon: Pick<TraceDaemon, 'send'>) {
    this.#daemon = daemon;
  }

  /** Handles messages as `handle` does. What it enqueues and publishes belongs to the message's trace. */
  around(handle: Handle): (body: string, traceHeader: string | undefined) => Promise<WorkResult> {
    return (body, traceHeader) => {
      const trace = parseTraceHeader(traceHeader);
      return trace === undefined
        ? inCourse(() => handle(body), traceHeader)
        : this.#record(trace, () => handle(body));
    };
  }

  /** Tells `next` all, and the segment of the work what it is about. */
  observe(next: DistributionObserver): DistributionObserver {
    return {
      onPush: (push) => {
        next.onPush(push);
        this.#annotate({ ...namesOf(push), ues: push.expected });
      },
      onPage: (page, push, outcome) => {
        next.onPage(page, push, outcome);
        this.#annotate({ ...namesOf(push), ...countsOf(outcome) });
      },
      onDatagram: (answer, datagram) => next.onDatagram(answer, datagram),
      onAnswer: (answer, outcome, ms) => {
        next.onAnswer(answer, outcome, ms);
        const { correlationId, ...annotations } = { ...namesOf(answer), ...countsOf(outcome) };
        const endedAt = Date.now();
        const end = annotations.failed > 0 ? 'failed' : 'done';
        this.#annotate({ correlationId });
        const part = { id: newSegmentId(), name: 'MSK delivery', endedAt, startedAt: endedAt - ms };
        this.#works.getStore()?.parts.push({ ...part, end, annotations });
      },
    };
  }

  async #record(trace: TraceContext, handle: () => Promise<WorkResult>): Promise<WorkResult> {
    const work: Work = { parts: [], annotations: {} };
    const segment = { id: newSegmentId(), trace, name: 'BM-SC sender', kind: 'segment' as const };
    const follows = formatTraceHeader({ traceId: trace.traceId, parentId: segment.id });
    const startedAt = Date.now();
    let end: 'done' | 'refused' | 'failed' = 'failed';
    try {
      const result = await this.#works.run(work, () => inCourse(handle, follows));
      end = result.kind === 'refused' ? 'refused' : 'done';
      return result;
    } finally {
      void this.#daemon.send({ ...segment, startedAt, endedAt: Date.now(), end, ...work });
    }
  }

  #annotate(annotations: Annotations): void {
    const work = this.#works.getStore();
    if (work !== undefined) work.annotations = { ...work.annotations, ...annotations };
  }
}

function newSegmentId(): string {
  return randomBytes(8).toString('hex');
}

function namesOf({
  correlationId,
  keyDomainId,
  mskId,
}: Parameters<DistributionObserver['onAnswer']>[0] | Parameters<DistributionObserver['onPush']>[0]) {
  return { correlationId, keyDomainId, mskId: formatMskId(mskId) };
}

function countsOf({ verified, sent, failed }: PageOutcome) {
  const failures = Object.values(failed).reduce((sum, impis) => sum + impis.length, 0);
  return { verified: verified.length, sent: sent.length, failed: failures };
}
