import * as v from 'valibot';
import { parseBtid } from '../gba/btid.ts';
import { parseImpi } from '../gba/impi.ts';
import { parseKeyDomainId } from '../keys/key-domain-id.ts';
import { parseKeyGroup, parseMskId } from '../keys/msk-id.ts';
import { CONTRACT_BREACHES } from './errors.ts';

/** `source` of every event of this product, in and out. */
export const EVENT_SOURCE = 'bmsc.keymanagement';

/** Version of the contracts below. Inside a major only fields are added. */
export const SCHEMA_VERSION = '1.0';

/** The most UEs that one event may list: an event has at most 256 KiB. */
export const MAX_UES_PER_EVENT = 500;

/** A schema that parses text, and reports the parser's error. */
const parsed = <T>(parse: (text: string) => T) =>
  v.pipe(
    v.string(),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      try {
        return parse(dataset.value);
      } catch (error) {
        addIssue({ message: error instanceof Error ? error.message : String(error) });
        return NEVER;
      }
    }),
  );

const impi = parsed(parseImpi);
const bTid = parsed(parseBtid);
const keyDomainId = parsed(parseKeyDomainId);
const mskId = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{8}$/i, 'an MSK ID is 8 hexadecimal digits'),
  v.transform(parseMskId),
);
const keyGroup = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{4}$/i, 'a Key Group is 4 hexadecimal digits'),
  v.transform(parseKeyGroup),
);
/** DynamoDB takes keys of 2048 octets at most. */
const serviceId = v.pipe(v.string(), v.nonEmpty(), v.maxBytes(1024));
const serviceIds = v.pipe(v.array(serviceId), v.minLength(1), v.maxLength(64));

/** A push ID: the idempotency key of its request, and the name of a replay where there is one. */
const pushId = v.pipe(v.string(), v.nonEmpty(), v.maxBytes(512));

const forms = v.union([
  /** Listed UEs, by IMPI. */
  v.object({ ues: v.pipe(v.array(impi), v.minLength(1), v.maxLength(MAX_UES_PER_EVENT)) }),
  /** The UEs registered to a User Service that uses the Key Group. */
  v.object({ serviceId }),
  /** The UEs registered to any User Service of the Key Group, each once. */
  v.object({ allHolders: v.literal(true) }),
  /** The UEs that an earlier push, named by its ID, has given up by then. */
  v.object({ undeliveredOf: pushId }),
]);
const FORMS = ['ues', 'serviceId', 'allHolders', 'undeliveredOf'];

/**
 * The UEs that a push or a solicited pull is for, in one form and no other beside it: so a wrong list never
 * becomes a push to all.
 */
const target = v.pipe(
  v.custom<v.InferInput<typeof forms>>(
    (value) => v.is(v.looseObject({}), value) && FORMS.filter((form) => form in value).length === 1,
    `takes one of ${FORMS.join(', ')}`,
  ),
  forms,
);

const positive = v.pipe(v.number(), v.minValue(0.01), v.maxValue(1_000_000));

/** How fast messages go out; by default as the sender is configured. */
export const pacing = v.object({
  /** Messages per second of each sender. */
  perSecond: v.optional(positive),
  /** Messages per second of each sender to one network prefix of UE addresses. */
  perPrefixPerSecond: v.optional(positive),
  /** Each message waits for a random time below this, so that UEs do not come back together. */
  spreadSeconds: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(3600))),
});

/** The same, parsed. */
export type Pacing = Readonly<v.InferOutput<typeof pacing>>;

const ues = v.array(impi);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** How far a push has come. All counts but `expected` are exact. */
const progress = v.object({
  pushId: v.string(),
  kind: v.picklist(['msk', 'solicited-pull']),
  keyDomainId,
  mskId,
  /** ISO 8601 */
  startedAt: v.string(),
  /** UEs that were registered when the push began; for a User Service of thousands, an estimate. */
  expected: count,
  /** UEs that were reached: `verified` and `sent`. A completed push with 0 has reached nobody. */
  delivered: count,
  /** UEs that have confirmed the MSK. */
  verified: count,
  /** UEs that were sent a message without a request for verification. */
  sent: count,
  /** UEs by the reason why they got nothing or did not confirm. */
  failed: v.record(v.string(), count),
});

/** From the preparation of an MSK to its activation, at most 30 days. */
const leadTimeSeconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2_592_000));
const mtkId = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));
const validity = v.pipe(
  v.object({ seql: mtkId, sequ: mtkId }),
  v.check(({ seql, sequ }) => seql <= sequ, 'seql is not above sequ'),
);

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
  /** The idempotency key is that of another request for a rotation. */
  'idempotency-key-reused',
  /** It is a request for the sender, which a rule has brought to the rotation function. */
  'misrouted',
] as const;

/** What a refusal says of the request, as far as it can be read, and for people. */
const refusedRequest = {
  /** The detail-type of the request. */
  request: v.optional(v.string()),
  /** The event ID of the request. */
  requestId: v.optional(v.string()),
  /** For people. */
  message: v.string(),
};

/**
 * Every event of the bus by its `detail-type`. Requests are in the imperative, reports of what happened in
 * the past tense. Identifiers are hexadecimal text. No event has a key, because archives keep events. The
 * push ID of a report is the idempotency key of the event that requested the push. (A table, longer than a
 * screen.)
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
    verification: v.optional(v.boolean()),
    pacing: v.optional(pacing, {}),
  }),
  'Solicit MSK Pull': v.object({ keyDomainId, keyGroup, target, pacing: v.optional(pacing, {}) }),
  'UE Registered': v.object({ impi, bTid, serviceIds }),
  'UE Deregistered': v.object({ impi, bTid, serviceIds }),
  'MSK Delivered': v.object({ pushId: v.string(), keyDomainId, mskId, ues }),
  'MSK Delivery Failed': v.object({
    pushId: v.string(),
    keyDomainId,
    mskId,
    ues: v.array(v.object({ impi, reason: v.string() })),
  }),
  'MSK Pull Solicited': v.object({ pushId: v.string(), keyDomainId, keyGroup, ues }),
  /** A request for the sender was refused: nothing was sent, and it is a dead letter. */
  'MSK Push Refused': v.object({
    /** The ID that the push would have. */
    pushId: v.optional(v.string()),
    reason: v.picklist(PUSH_REFUSALS),
    ...refusedRequest,
  }),
  'MSK Push Progressed': progress,
  'MSK Push Completed': progress,
  /**
   * Requests the next MSK of a Key Group; by default with the configured lead time, and valid for every MTK
   * ID.
   */
  'Rotate MSK': v.object({
    keyDomainId,
    keyGroup,
    leadTimeSeconds: v.optional(leadTimeSeconds),
    validity: v.optional(validity),
  }),
  /** Requests that a prepared MSK become the current one. A schedule sends it at the end of the lead time. */
  'Activate MSK': v.object({ keyDomainId, mskId }),
  'Revoke MSK': v.object({ keyDomainId, mskId }),
  /** The next MSK exists, and is pushed to the UEs before its use. `activateAt` is ISO 8601. */
  'MSK Prepared': v.object({ keyDomainId, mskId, activateAt: v.string() }),
  /** The MSK has become the current one; the one before has expired. */
  'MSK Rotated': v.object({ keyDomainId, mskId }),
  /** The MSK must not be used any more; `currentMskId` has replaced it. */
  'MSK Revoked': v.object({ keyDomainId, mskId, currentMskId: mskId }),
  /** One of the three requests above was refused. A malformed request has fields that can't be read. */
  'MSK Rotation Refused': v.object({
    keyDomainId: v.optional(keyDomainId),
    keyGroup: v.optional(keyGroup),
    reason: v.picklist(ROTATION_REFUSALS),
    ...refusedRequest,
  }),
} as const;

/** The name of an event. */
export type DetailType = keyof typeof EVENT_DATA;

/** Requests for the rotation function, not for the sender. */
export const ROTATION_REQUESTS = [
  'Rotate MSK',
  'Activate MSK',
  'Revoke MSK',
] as const satisfies readonly DetailType[];

/** The data of an event on the bus: identifiers as text. */
export type EventInput<T extends DetailType> = v.InferInput<(typeof EVENT_DATA)[T]>;

/** The data of an event after parsing: identifiers in their own types. */
export type EventData<T extends DetailType> = v.InferOutput<(typeof EVENT_DATA)[T]>;
