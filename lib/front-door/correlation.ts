import type { FrontDoorRequest } from './request.ts';

/** Header of each answer: the ID that log lines and events have which follow from the request. */
export const CORRELATION_HEADER = 'x-correlation-id';

/** What a proxy may name a request: printable ASCII without blanks, so that it stays one word of a log. */
const CORRELATION_ID = /^[\x21-\x7e]{1,128}$/;

/**
 * The ID by which a request is followed: the one that a proxy of the operator's has put into the header
 * `trusted`, else the one that the gateway gave it. A UE can choose neither, unless `trusted` names a header
 * that nothing before the gateway sets: by an ID of its choice it could have its events taken for others'.
 * @param trusted in lower case; undefined: no header is believed
 * @returns undefined where the request has no ID
 */
export function correlationIdOf(
  { headers, requestId }: Pick<FrontDoorRequest, 'headers' | 'requestId'>,
  trusted: string | undefined,
): string | undefined {
  const named = trusted === undefined ? undefined : headers.get(trusted);
  return [named, requestId].find((id) => id !== undefined && CORRELATION_ID.test(id));
}
