/** The trace that some work belongs to, as the header `X-Amzn-Trace-Id` of AWS X-Ray names it. */
export interface TraceContext {
  /** `1-`, 8 hexadecimal digits of the time, `-`, and 24 of chance. */
  readonly traceId: string;
  /** The segment that caused the work, 16 hexadecimal digits; undefined: there is none before it. */
  readonly parentId: string | undefined;
}

const TRACE_ID = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/;
const SEGMENT_ID = /^[0-9a-f]{16}$/;

/**
 * Reads the header `Root=…;Parent=…;Sampled=1`, whose fields come in any order; others are not looked at.
 * @returns undefined for a trace that is not sampled, of which nothing is recorded, and for any other text
 */
export function parseTraceHeader(text: string | undefined): TraceContext | undefined {
  const fields = new Map(text?.split(';').map(fieldOf));
  const [traceId, parentId] = [fields.get('Root'), fields.get('Parent')];
  if (traceId === undefined || !TRACE_ID.test(traceId) || fields.get('Sampled') !== '1') return undefined;
  if (parentId !== undefined && !SEGMENT_ID.test(parentId)) return undefined;
  return { traceId, parentId };
}

/** The header for work that follows from a segment of a sampled trace. */
export function formatTraceHeader({ traceId, parentId }: TraceContext): string {
  return `Root=${traceId};${parentId === undefined ? '' : `Parent=${parentId};`}Sampled=1`;
}

function fieldOf(part: string): [name: string, value: string] {
  const at = part.indexOf('=');
  return [part.slice(0, Math.max(0, at)).trim(), part.slice(at + 1).trim()];
}
