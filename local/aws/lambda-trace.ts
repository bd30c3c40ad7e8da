import { randomBytes } from 'node:crypto';

/** The header by which the gateway names the trace of a request. */
export const TRACE_HEADER = 'x-amzn-trace-id';

/** A new trace, in the form of X-Ray. */
export function newTraceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `1-${seconds}-${randomBytes(12).toString('hex')}`;
}

/**
 * The variable `_X_AMZN_TRACE_ID` of an invocation, as Lambda sets it: the trace that whoever invokes has
 * named, else a new one, with a segment of the function. Where nobody has decided, each trace of a function
 * with active tracing is sampled here, and one in some on AWS.
 */
export function traceOfInvocation(
  header: string | undefined,
  { isActive }: { readonly isActive: boolean },
): string {
  const root = /Root=([^;]+)/.exec(header ?? '')?.[1] ?? newTraceId();
  const sampled = /Sampled=([01])/.exec(header ?? '')?.[1] ?? (isActive ? '1' : '0');
  return `Root=${root};Parent=${randomBytes(8).toString('hex')};Sampled=${sampled}`;
}
