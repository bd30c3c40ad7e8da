import * as v from 'valibot';
import { parseJsonBody } from '../sbi-json/json-body.ts';
import { malformed } from './errors.ts';

/** The media type of an error's body (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json';

const problemDetails = v.object({
  status: v.optional(v.pipe(v.number(), v.integer())),
  title: v.optional(v.pipe(v.string(), v.maxLength(1000))),
  detail: v.optional(v.pipe(v.string(), v.maxLength(1000))),
  cause: v.optional(v.pipe(v.string(), v.maxLength(200))),
});

/** Why a request failed (TS 29.571 §5.2.4.1), in its members that this product uses. */
export type ProblemDetails = v.InferOutput<typeof problemDetails>;

/** The JSON body of an error. */
export function encodeProblemDetails(problem: ProblemDetails): Uint8Array {
  return Buffer.from(JSON.stringify(problem));
}

/** @throws NbspError `malformed` */
export function parseProblemDetails(body: Uint8Array): ProblemDetails {
  return parseJsonBody(body, problemDetails, malformed);
}
