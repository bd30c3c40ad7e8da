import { type DetailType, EVENT_SOURCE, type EventInput } from '../../lib/events/contracts.ts';
import { newEvent, type OutgoingEvent } from '../../lib/events/envelope.ts';

const group = { keyDomainId: '00f110', keyGroup: '0010' };
const msk = { keyDomainId: '00f110', mskId: '00100002' };
const impi = 'alice@home1.net';
const bTid = 'I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net';
const serviceIds = ['urn:example:news'];
const pushId = 'evening-news-2026-11-23';
const push = { pushId, kind: 'msk', ...msk, startedAt: '2026-11-23T18:00:01.204Z', expected: 3 } as const;

/** The data of one event of each kind, of one evening's push. (A table.) */
const DATA: { readonly [T in DetailType]: EventInput<T> } = {
  'Push MSK': { ...msk, target: { serviceId: 'urn:example:news' }, pacing: { perSecond: 500 } },
  'Solicit MSK Pull': { ...group, target: { undeliveredOf: pushId } },
  'MSK Push Progressed': { ...push, delivered: 1, verified: 1, sent: 0, failed: {} },
  'MSK Push Completed': { ...push, delivered: 2, verified: 2, sent: 0, failed: { 'not-verified': 1 } },
  'MSK Delivered': { pushId, ...msk, ues: [impi, 'bob@home1.net'] },
  'MSK Delivery Failed': { pushId, ...msk, ues: [{ impi: 'carol@home1.net', reason: 'not-verified' }] },
  'MSK Pull Solicited': { pushId, ...group, ues: ['carol@home1.net'] },
  'MSK Push Refused': {
    pushId,
    reason: 'unknown-msk',
    request: 'Push MSK',
    requestId: 'e-0001',
    message: 'there is no such MSK in the Key Group',
  },
  'Rotate MSK': { ...group, leadTimeSeconds: 600 },
  'Import MSK': { ...msk, wrappedKey: 'AQICAHgVZXhhbXBsZSBjaXBoZXJ0ZXh0IG9mIEtNUw==', mtkId: 7 },
  'MTK Imported': { ...msk, mtkId: 7 },
  'Activate MSK': msk,
  'Revoke MSK': msk,
  'MSK Prepared': { ...msk, activateAt: '2026-11-23T18:10:00.000Z' },
  'MSK Rotated': msk,
  'MSK Revoked': { ...msk, currentMskId: '00100003' },
  'MSK Rotation Refused': {
    ...group,
    reason: 'rotation-under-way',
    request: 'Rotate MSK',
    requestId: 'e-0001',
    message: 'another rotation of the Key Group has not ended yet',
  },
  'Provision Subscription': { impi, serviceId: 'urn:example:news' },
  'Withdraw Subscription': { impi, serviceId: 'urn:example:news' },
  'Provision Association': {
    impi,
    bTid,
    gbaType: 'GBA_ME',
    wrappedKey: 'AQICAHgVZXhhbXBsZSBjaXBoZXJ0ZXh0IG9mIEtNUw==',
    bootstrappedAt: '2026-11-23T17:59:00.000Z',
    expiresAt: '2026-11-24T17:59:00.000Z',
  },
  'Subscription Provisioned': { impi, serviceId: 'urn:example:news' },
  'Subscription Withdrawn': { impi, serviceId: 'urn:example:news' },
  'Association Provisioned': { impi, bTid, expiresAt: '2026-11-24T17:59:00.000Z' },
  'Provisioning Refused': {
    reason: 'wrong-wrapping',
    request: 'Provision Association',
    requestId: 'e-0001',
    message: 'the wrapped key does not open',
  },
  'Keys Exported': {
    ...group,
    recipient: 'mbstf',
    mskIds: ['00100002'],
    mtkIds: [7],
    requestId: '6b0d4b8e-51c5-4b0a-9d3c-0f2f5b1a7c11',
  },
  'Key Export Refused': {
    ...group,
    recipient: 'mbstf',
    reason: 'not-allowed',
    message: 'recipient mbstf is not to have keys of Key Group 0010',
    requestId: '6b0d4b8e-51c5-4b0a-9d3c-0f2f5b1a7c11',
  },
  'MBS Security Context Changed': { session: 'news', ...group, mskIds: ['00100002', '00100003'] },
  'MBS Session Updated': { session: 'news', ...group, mskIds: ['00100002'], how: 'created' },
  'MBS Session Update Failed': {
    session: 'news',
    ...group,
    mskIds: ['00100002'],
    reason: 'refused',
    status: 403,
    cause: 'MODIFICATION_NOT_ALLOWED',
    message: 'the MB-SMF refuses the session: status 403, MODIFICATION_NOT_ALLOWED',
    retryAt: '2026-11-23T18:10:00.000Z',
  },
  'MBS Session Released': { session: 'news', ...group, why: 'tmgi-expiry' },
  'UE Registered': { impi, bTid, serviceIds },
  'UE Deregistered': { impi, bTid, serviceIds },
  'MSK Request Granted': { impi, bTid, msks: [msk] },
};

/** What follows from the push has its key and its correlation ID. */
const ABOUT = {
  eventId: 'e-0001',
  now: Date.UTC(2026, 10, 23, 18),
  correlationId: 'evening-news',
  idempotencyKey: pushId,
};

/** An event as EventBridge delivers it. */
export function exampleEvent(detailType: DetailType): Readonly<Record<string, unknown>> {
  const { metadata, data }: OutgoingEvent = newEvent(detailType, DATA[detailType], ABOUT);
  return {
    version: '0',
    id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
    'detail-type': detailType,
    source: EVENT_SOURCE,
    account: '111122223333',
    time: '2026-11-23T18:00:00Z',
    region: 'eu-west-1',
    resources: [],
    detail: { metadata, data },
  };
}
