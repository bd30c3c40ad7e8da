import type { FrontDoorRequest, HttpResponse } from '../../lib/front-door/index.ts';
import {
  type NotificationContext,
  type NotificationOutcome,
  takeNotification,
} from '../../lib/mbs/notification.ts';

/** The path below which notifications come in; a proxy may put others before it. */
export const MBS_STATUS_PATH = '/mbs-status';

/** Octets of a notification that are taken; one of 64 events has some 10,000. */
const MAX_LENGTH = 65_536;

/** How a notification was refused, beside what is wrong in itself. */
export type NotificationRefusal = 'wrong-method' | 'wrong-type' | 'encoded' | 'too-large';

/** An answer, and what came of the notification. */
export interface NotificationAnswer {
  readonly response: HttpResponse;
  /** Undefined where the path names none. */
  readonly session: string | undefined;
  readonly results: readonly string[];
}

/**
 * Answers a notification of an MB-SMF (StatusNotify, TS 29.532).
 * @throws StoreError, EventError or the SDK's errors; the MB-SMF is to send it again
 */
export async function answerNotification(
  context: NotificationContext,
  request: FrontDoorRequest,
): Promise<NotificationAnswer> {
  const [, session, token] = /\/([A-Za-z0-9_-]{1,64})\/([^/]{1,64})$/.exec(request.path) ?? [];
  const refusal = refusalOf(request);
  if (refusal !== undefined) return { session, results: [refusal], response: REFUSALS[refusal] };
  if (session === undefined || token === undefined)
    return { session, results: ['unknown-subscription'], response: responseOf('unknown-subscription') };
  const outcome = await takeNotification(context, { session, token }, request.body);
  const results = outcome.kind === 'taken' ? outcome.effects : [outcome.kind];
  return { session, results, response: responseOf(outcome.kind) };
}

function refusalOf({ method, headers, body }: FrontDoorRequest): NotificationRefusal | undefined {
  if (method !== 'POST') return 'wrong-method';
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return 'wrong-type';
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') return 'encoded';
  return body.length > MAX_LENGTH ? 'too-large' : undefined;
}

const REFUSALS: Readonly<Record<NotificationRefusal, HttpResponse>> = {
  'wrong-method': problem(405, 'a notification is sent by POST', undefined, { allow: 'POST' }),
  'wrong-type': problem(415, 'a notification is application/json'),
  // RFC 9110 §15.5.16: says which encodings would be taken.
  encoded: problem(415, 'a notification is taken without Content-Encoding', undefined, {
    'accept-encoding': 'identity',
  }),
  'too-large': problem(413, `a notification has at most ${MAX_LENGTH} octets`),
};

function responseOf(kind: NotificationOutcome['kind']): HttpResponse {
  switch (kind) {
    case 'taken':
      return { status: 204, headers: {}, body: '' };
    case 'unknown-subscription':
      return problem(404, 'there is no such subscription', 'SUBSCRIPTION_NOT_FOUND');
    case 'wrong-correlation':
      return problem(400, 'notifyCorrelationId is that of another subscription', 'OPTIONAL_IE_INCORRECT');
    case 'malformed':
      return problem(400, 'the body is no StatusNotifyReqData', 'INVALID_MSG_FORMAT');
  }
}

/** ProblemDetails (TS 29.571). */
export function problem(
  status: number,
  detail: string,
  cause?: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify({ status, detail, ...(cause === undefined ? {} : { cause }) }),
  };
}
