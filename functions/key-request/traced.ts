import { randomBytes } from 'node:crypto';
import { correlationIdOfCourse, traceHeaderOfCourse } from '../course.ts';
import { TRACING_VARIABLE } from '../environment-variables.ts';
import type { SegmentEnd } from '../tracing/segment.ts';
import { parseDaemonAddress, TraceDaemon } from '../tracing/trace-daemon.ts';
import { parseTraceHeader } from '../tracing/trace-header.ts';

let daemon: TraceDaemon | undefined;

/**
 * Answers a request, and records it under Lambda's own segment with the correlation ID, by which a trace is
 * found, where the trace is sampled.
 */
export async function traced(answer: () => Promise<unknown>): Promise<unknown> {
  const trace = parseTraceHeader(traceHeaderOfCourse());
  const address = parseDaemonAddress(process.env[TRACING_VARIABLE.daemonAddress]);
  if (trace === undefined || address === undefined) return answer();
  const startedAt = Date.now();
  const result = await answer();
  const status = statusOf(result);
  daemon ??= new TraceDaemon(address);
  // Before the answer: Lambda may stop the process after it.
  await daemon.send({
    id: randomBytes(8).toString('hex'),
    trace,
    name: 'key request',
    kind: 'subsegment',
    startedAt,
    endedAt: Date.now(),
    end: endOf(status),
    annotations: { correlationId: correlationIdOfCourse(), status },
  });
  return result;
}

function statusOf(result: unknown): number {
  return typeof result === 'object' && result !== null && 'statusCode' in result
    ? Number(result.statusCode)
    : 0;
}

/** A UE that is challenged has sent nothing wrong. */
function endOf(status: number): SegmentEnd {
  if (status >= 500) return 'failed';
  return status >= 400 && status !== 401 ? 'refused' : 'done';
}
