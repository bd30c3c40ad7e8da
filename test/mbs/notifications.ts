import type { FrontDoorRequest } from '../../lib/front-door/index.ts';
import type { KeptSubscription } from './stand-in-mb-smf.ts';

/** What is otherwise in a notification. */
export interface NotificationChanges {
  readonly path?: string;
  readonly method?: string;
  readonly correlationId?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The notification of these events as an MB-SMF sends it, to where its subscription says. */
export function notificationOf(
  subscription: KeptSubscription,
  eventReportList: readonly object[],
  changes: NotificationChanges = {},
): FrontDoorRequest {
  const { notifyUri, notifyCorrelationId: named } = subscription;
  const notifyCorrelationId = 'correlationId' in changes ? changes.correlationId : named;
  const eventList = {
    eventReportList,
    ...(notifyCorrelationId === undefined ? {} : { notifyCorrelationId }),
  };
  const { headers = { 'content-type': 'application/json' } } = changes;
  return {
    frontDoor: 'http-api-v2',
    method: changes.method ?? 'POST',
    path: changes.path ?? new URL(notifyUri).pathname,
    ...{ query: '', targetIsExact: true, sourceAddress: '192.0.2.1', requestId: 'r' },
    headers: new Map(Object.entries(headers)),
    body: Buffer.from(changes.body ?? JSON.stringify({ eventList })),
  };
}
