import type { TraceContext } from './trace-header.ts';

/** What X-Ray finds traces by: names of letters, digits and underscores. */
export type Annotations = Readonly<Record<string, string | number | boolean | undefined>>;

/** How a piece of work ended: done, refused for what was asked, or failed itself. */
export type SegmentEnd = 'done' | 'refused' | 'failed';

/** A piece of work of one trace, from its beginning to its end. */
export interface Segment {
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** Its trace, and the segment that it follows from. */
  readonly trace: TraceContext;
  readonly name: string;
  /** Of another segment, which a service of AWS sends; or the work of a service of its own. */
  readonly kind: 'subsegment' | 'segment';
  /** Ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly end: SegmentEnd;
  readonly annotations: Annotations;
  /** Parts of the work; the first `MAX_PARTS` are sent. */
  readonly parts?: readonly SegmentPart[];
}

/** A part of the work of a segment. */
export type SegmentPart = Pick<Segment, 'id' | 'name' | 'startedAt' | 'endedAt' | 'end' | 'annotations'>;

/** A document has at most 64 kB, as has a datagram. */
export const MAX_PARTS = 50;

/** The line before a document by which a daemon knows what it is. */
const PREAMBLE = '{"format":"json","version":1}\n';

/** A datagram for an X-Ray daemon: one segment document. */
export function segmentDatagram({ trace, kind, parts = [], ...segment }: Segment): string {
  const document = {
    ...partOf(segment),
    trace_id: trace.traceId,
    ...(trace.parentId === undefined ? {} : { parent_id: trace.parentId }),
    ...(kind === 'subsegment' ? { type: 'subsegment' } : { origin: 'AWS::ECS::Fargate' }),
    ...(parts.length === 0 ? {} : { subsegments: parts.slice(0, MAX_PARTS).map(partOf) }),
  };
  return `${PREAMBLE}${JSON.stringify(document)}`;
}

function partOf({ id, name, startedAt, endedAt, end, annotations }: SegmentPart): object {
  return {
    name,
    id,
    start_time: startedAt / 1000,
    end_time: endedAt / 1000,
    ...(end === 'refused' && { error: true }),
    ...(end === 'failed' && { fault: true }),
    annotations,
  };
}
