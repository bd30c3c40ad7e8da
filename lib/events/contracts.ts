import * as v from 'valibot';
import { MRK_RULES } from '../gba/mbms-keys.ts';
import { CONTRACT_BREACHES } from './errors.ts';
import {
  bTid,
  checkedIsoTime,
  described,
  impi,
  invocationId,
  isoTime,
  keyDomainId,
  keyGroup,
  leadTimeSeconds,
  mskId,
  mtkId,
  pacing,
  progress,
  pushId,
  recipient,
  serviceId,
  serviceIds,
  target,
  ues,
  validity,
  wrappedKey,
  wrappedMsk,
} from './fields.ts';

export { MAX_UES_PER_EVENT, type Pacing, pacing } from './fields.ts';

/** `source` of every fact, and of commands where operators have no sources of their own. */
export const EVENT_SOURCE = 'bmsc.keymanagement';

/** Version of the contracts below. Inside a major only fields are added. */
export const SCHEMA_VERSION = '1.1';

/** Why a request to push an MSK or to solicit a pull is refused. */
export const PUSH_REFUSALS = [
  ...CONTRACT_BREACHES,
  'unknown-key-group',
  'unknown-msk',
  /** The User Service does not use the Key Group. */
  'unknown-service',
  /** `undeliveredOf` names no push of the Key Group. */
  'unknown-push',
  /** The idempotency key is that of another request. */
  'idempotency-key-reused',
  /** It is a request for a rotation, which a rule has brought to the sender's queue. */
  'misrouted',
] as const;

/** Why a request to rotate, activate or revoke an MSK is refused. */
export const ROTATION_REFUSALS = [
  ...CONTRACT_BREACHES,
  'unknown-key-group',
  'unknown-msk',
  'rotation-under-way',
  'not-prepared',
  /** The MSKs of the Key Group are made by another network, which has to make the next one. */
  'foreign-key-group',
  /** The Key Group has MSKs that were made here. */
  'own-key-group',
  'key-number-used',
  'mtk-id-out-of-range',
  'mtk-id-used',
  'wrong-wrapping',
  'wrong-key-length',
  /** The idempotency key is that of another request for a rotation. */
  'idempotency-key-reused',
  /** It is a request for the sender, which a rule has brought to the rotation function. */
  'misrouted',
] as const;

/** Why a request to provision or to withdraw is refused. */
export const PROVISIONING_REFUSALS = [
  ...CONTRACT_BREACHES,
  /** The idempotency key is that of another request. */
  'idempotency-key-reused',
  /** The association expires before it begins, or has expired. */
  'expired',
  /** `bootstrappedAt` is more than 60 s ahead. */
  'bootstrapped-ahead',
  /** The B-TID is the association of another subscriber, and `replace` is not set. */
  'b-tid-of-another',
  /** The subscriber is blocked. */
  'blocked',
  /** The key material opens under no key of the deployment, or is wrapped for another association. */
  'wrong-wrapping',
  'wrong-key-length',
] as const;

/** Why keys are not exported. */
export const KEY_EXPORT_REFUSALS = [
  /** The request has not the form that is taken. */
  'wrong-request',
  /** No recipient has this name in the settings. */
  'unknown-recipient',
  /** The recipient is not to have keys of this Key Group. */
  'not-allowed',
  'unknown-key-group',
  /** The Key Group has no MSK that is not revoked. */
  'no-msk',
  /** No MTK of the User Service is kept: its stream says nothing of `export`, or sends nothing now. */
  'no-mtk',
  /** The KMS key of the recipient takes nothing from this function. */
  'wrapping-refused',
] as const;

/** Why an MB-SMF has not got the MSKs of an MBS session. */
export const MBS_SESSION_FAILURES = [
  /** It has answered that it will not have them. */
  'refused',
  /** It has not answered, or that it can't now. */
  'unavailable',
] as const;

/** How an MB-SMF has got them. */
export const MBS_SESSION_UPDATES = ['created', 'updated', 're-created'] as const;

/** Why an MB-SMF has an MBS session no more. */
export const MBS_SESSION_RELEASES = [
  /** It has released it itself, for its TMGI has expired. */
  'tmgi-expiry',
  /** The setting of the session said that it is over. */
  'ended',
] as const;

/** Reasons of refusals; others may be added inside a major, so published schemas take any text. */
export const REFUSAL_REASONS = {
  push: v.picklist(PUSH_REFUSALS),
  rotation: v.picklist(ROTATION_REFUSALS),
  provisioning: v.picklist(PROVISIONING_REFUSALS),
  keyExport: v.picklist(KEY_EXPORT_REFUSALS),
  mbsSession: v.picklist(MBS_SESSION_FAILURES),
} as const;

/** What a refusal says of the request, as far as it can be read, and for people. */
const refusedRequest = {
  request: v.optional(described('The detail-type of the request.', v.string())),
  requestId: v.optional(described('The event ID of the request.', v.string())),
  message: described('Says for people what is wrong.', v.string()),
};

/** Names an MBS session, and the MSKs of its security context. */
const mbsContext = {
  session: described('The MBS session, by its name in the setting mbs.sessions.', v.string()),
  keyDomainId,
  keyGroup,
  mskIds: described('The MSKs of its security context.', v.array(mskId)),
};

/**
 * Every event of the bus by its `detail-type`; the catalogue says what each means. Requests are in the
 * imperative, reports of what happened in the past tense. Identifiers are hexadecimal text. No event has a
 * key, because archives keep events. (A table, longer than a screen.)
 */
export const EVENT_DATA = {
  'MSK Request Granted': v.object({
    impi,
    bTid,
    msks: v.pipe(v.array(v.object({ keyDomainId, mskId })), v.minLength(1)),
  }),
  'Push MSK': v.object({
    keyDomainId,
    mskId,
    target,
    verification: v.optional(
      described('Whether UEs are asked to confirm the MSK; by default as configured.', v.boolean()),
    ),
    pacing: v.optional(pacing, {}),
  }),
  'Solicit MSK Pull': v.object({ keyDomainId, keyGroup, target, pacing: v.optional(pacing, {}) }),
  'Keys Exported': v.object({
    keyDomainId,
    keyGroup,
    recipient,
    mskIds: described('The MSKs that were exported.', v.array(mskId)),
    mtkIds: described('The MTKs that were exported with them, by their IDs.', v.array(mtkId)),
    requestId: invocationId,
  }),
  'Key Export Refused': v.object({
    keyDomainId: v.optional(keyDomainId),
    keyGroup: v.optional(keyGroup),
    recipient: v.optional(recipient),
    reason: REFUSAL_REASONS.keyExport,
    message: refusedRequest.message,
    requestId: invocationId,
  }),
  'MBS Security Context Changed': v.object(mbsContext),
  'MBS Session Updated': v.object({
    ...mbsContext,
    how: described('Values may be added.', v.picklist(MBS_SESSION_UPDATES)),
  }),
  'MBS Session Update Failed': v.object({
    ...mbsContext,
    reason: REFUSAL_REASONS.mbsSession,
    status: v.optional(described('The status of HTTP that the MB-SMF has answered.', v.number())),
    cause: v.optional(described('The cause in its problem details (TS 29.571).', v.string())),
    message: refusedRequest.message,
    retryAt: isoTime('When it is tried again at the earliest, ISO 8601.'),
  }),
  'MBS Session Released': v.object({
    session: mbsContext.session,
    keyDomainId,
    keyGroup,
    why: described('Values may be added.', v.picklist(MBS_SESSION_RELEASES)),
  }),
  'UE Registered': v.object({ impi, bTid, serviceIds }),
  'UE Deregistered': v.object({ impi, bTid, serviceIds }),
  'MSK Delivered': v.object({ pushId, keyDomainId, mskId, ues }),
  'MSK Delivery Failed': v.object({
    pushId,
    keyDomainId,
    mskId,
    ues: v.array(v.object({ impi, reason: described('Reasons may be added.', v.string()) })),
  }),
  'MSK Pull Solicited': v.object({ pushId, keyDomainId, keyGroup, ues }),
  'MSK Push Refused': v.object({
    pushId: v.optional(described('The ID that the push would have.', v.string())),
    reason: REFUSAL_REASONS.push,
    ...refusedRequest,
  }),
  'MSK Push Progressed': progress,
  'MSK Push Completed': progress,
  'Rotate MSK': v.object({
    keyDomainId,
    keyGroup,
    leadTimeSeconds: v.optional(
      described('From the push of the next MSK until its use; by default as configured.', leadTimeSeconds),
    ),
    validity: v.optional(described('The MTK IDs that the MSK protects; by default all of them.', validity)),
  }),
  'Import MSK': v.object({
    keyDomainId,
    mskId,
    wrappedKey: wrappedMsk,
    leadTimeSeconds: v.optional(
      described('From the push of the MSK until its use; by default as configured.', leadTimeSeconds),
    ),
    validity: v.optional(described('The MTK IDs that the MSK protects; by default all of them.', validity)),
    mtkId: v.optional(described('The ID of the MTK that comes with the MSK.', mtkId)),
  }),
  'MTK Imported': v.object({ keyDomainId, mskId, mtkId }),
  'Activate MSK': v.object({ keyDomainId, mskId }),
  'Revoke MSK': v.object({ keyDomainId, mskId }),
  'MSK Prepared': v.object({
    keyDomainId,
    mskId,
    activateAt: isoTime('When the MSK is to be the current one, ISO 8601.'),
  }),
  'MSK Rotated': v.object({ keyDomainId, mskId }),
  'MSK Revoked': v.object({ keyDomainId, mskId, currentMskId: mskId }),
  /** A malformed request has fields that can't be read. */
  'MSK Rotation Refused': v.object({
    keyDomainId: v.optional(keyDomainId),
    keyGroup: v.optional(keyGroup),
    reason: REFUSAL_REASONS.rotation,
    ...refusedRequest,
  }),
  'Provision Subscription': v.object({ impi, serviceId }),
  'Withdraw Subscription': v.object({ impi, serviceId }),
  'Provision Association': v.object({
    impi,
    bTid,
    gbaType: described('How the UE was bootstrapped (TS 33.220).', v.picklist(['GBA_ME', 'GBA_U'])),
    wrappedKey,
    mrkRule: v.optional(
      described('GBA_U: the MRK is Ks_ext_NAF itself, or derived from it.', v.picklist(MRK_RULES)),
      'ks-ext-naf',
    ),
    bootstrappedAt: checkedIsoTime('When the UE was bootstrapped, ISO 8601 in UTC.'),
    expiresAt: checkedIsoTime('When the keys expire, ISO 8601 in UTC.'),
    replace: v.optional(
      described('Whether the B-TID is taken from another subscriber that has it.', v.boolean()),
      false,
    ),
  }),
  'Subscription Provisioned': v.object({ impi, serviceId }),
  'Subscription Withdrawn': v.object({ impi, serviceId }),
  'Association Provisioned': v.object({ impi, bTid, expiresAt: isoTime('When the keys expire, ISO 8601.') }),
  'Provisioning Refused': v.object({ reason: REFUSAL_REASONS.provisioning, ...refusedRequest }),
} as const;

/** The name of an event. */
export type DetailType = keyof typeof EVENT_DATA;

/** Requests for the rotation function, not for the sender. */
export const ROTATION_REQUESTS = [
  'Rotate MSK',
  'Activate MSK',
  'Revoke MSK',
  'Import MSK',
] as const satisfies readonly DetailType[];

/** Requests for the sender. */
export const DISTRIBUTION_REQUESTS = [
  'Push MSK',
  'Solicit MSK Pull',
] as const satisfies readonly DetailType[];

/** Requests for the provisioning function. */
export const PROVISIONING_REQUESTS = [
  'Provision Subscription',
  'Withdraw Subscription',
  'Provision Association',
] as const satisfies readonly DetailType[];

/** All that operators' systems may ask about MSKs; facts are what the BM-SC alone may tell. */
export const REQUESTS: readonly DetailType[] = [...DISTRIBUTION_REQUESTS, ...ROTATION_REQUESTS];

/** The data of an event on the bus: identifiers as text. */
export type EventInput<T extends DetailType> = v.InferInput<(typeof EVENT_DATA)[T]>;

/** The data of an event after parsing: identifiers in their own types. */
export type EventData<T extends DetailType> = v.InferOutput<(typeof EVENT_DATA)[T]>;
