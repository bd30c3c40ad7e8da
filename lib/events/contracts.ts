import * as v from 'valibot';
import { parseBtid } from '../gba/btid.ts';
import { parseImpi } from '../gba/impi.ts';
import { parseKeyDomainId } from '../keys/key-domain-id.ts';
import { parseMskId } from '../keys/msk-id.ts';

/** `source` of every event of this product, in and out. */
export const EVENT_SOURCE = 'bmsc.keymanagement';

/** Version of the contracts below. Inside a major only fields are added. */
export const SCHEMA_VERSION = '1.0';

/** The most UEs one event may list: an event holds at most 256 KiB. */
export const MAX_UES_PER_EVENT = 500;

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
  v.transform((hex) => Number.parseInt(hex, 16)),
);
const serviceIds = v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.minLength(1), v.maxLength(64));

/** Whom a push or a solicited pull is for. */
const target = v.union([
  /** Those listed, by IMPI. */
  v.object({ ues: v.pipe(v.array(impi), v.minLength(1), v.maxLength(MAX_UES_PER_EVENT)) }),
  /** Every UE registered to a User Service that uses the Key Group. */
  v.object({ serviceId: v.pipe(v.string(), v.nonEmpty()) }),
  /** Every UE that may hold MSKs of the Key Group: those registered to any of its User Services, each once. */
  v.object({ allHolders: v.literal(true) }),
  /** Those that an earlier push, named by its ID, has given up by then. */
  v.object({ undeliveredOf: v.pipe(v.string(), v.nonEmpty()) }),
]);

const positive = v.pipe(v.number(), v.minValue(0.01), v.maxValue(1_000_000));

/** How fast messages go out; what is left out is as the sender is set. */
const pacing = v.object({
  /** Messages a second, of each sender. */
  perSecond: v.optional(positive),
  /** Messages a second, of each sender, to one network prefix of UE addresses. */
  perPrefixPerSecond: v.optional(positive),
  /** Each message waits for a random time below this, so that UEs do not all come back at once. */
  spreadSeconds: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(3600))),
});

const ues = v.array(impi);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** How far a push has come; counts are of UEs, and exact. */
const progress = v.object({
  pushId: v.string(),
  kind: v.picklist(['msk', 'solicited-pull']),
  keyDomainId,
  mskId,
  /** ISO 8601 */
  startedAt: v.string(),
  /** UEs that were registered when the push began; an estimate for a User Service of more than some thousand. */
  expected: count,
  /** The UEs that have confirmed the MSK. */
  verified: count,
  /** The UEs that were sent a message which asks for no confirmation. */
  sent: count,
  /** By reason. */
  failed: v.record(v.string(), count),
});

/** From the preparation of an MSK to its activation, at most 30 days. */
const leadTimeSeconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2_592_000));
const mtkId = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));
const validity = v.pipe(
  v.object({ seql: mtkId, sequ: mtkId }),
  v.check(({ seql, sequ }) => seql <= sequ, 'seql is not above sequ'),
);

/** Why a request to rotate, activate or revoke an MSK is not carried out. */
export const ROTATION_REFUSALS = [
  'unknown-key-group',
  'unknown-msk',
  'rotation-under-way',
  'not-prepared',
] as const;

/**
 * Every event of the bus by its `detail-type`: requests in the imperative, facts in the past tense.
 * Identifiers are hexadecimal text; no event ever holds a key, because archives keep events. The push ID in facts is
 * the idempotency key of the event that asked.
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
  'MSK Push Progressed': progress,
  'MSK Push Completed': progress,
  /** Asks for the next MSK of a Key Group; left out are the lead time that is set, and every MTK ID. */
  'Rotate MSK': v.object({
    keyDomainId,
    keyGroup,
    leadTimeSeconds: v.optional(leadTimeSeconds),
    validity: v.optional(validity),
  }),
  /** Asks that a prepared MSK become the current one now; comes by itself when its lead time is over. */
  'Activate MSK': v.object({ keyDomainId, mskId }),
  'Revoke MSK': v.object({ keyDomainId, mskId }),
  /** The next MSK stands ready, and is pushed to the UEs before it is used. `activateAt` is ISO 8601. */
  'MSK Prepared': v.object({ keyDomainId, mskId, activateAt: v.string() }),
  /** The MSK is the current one from now on; the one before has expired. */
  'MSK Rotated': v.object({ keyDomainId, mskId }),
  /** The MSK must protect nothing any more; `currentMskId` does. */
  'MSK Revoked': v.object({ keyDomainId, mskId, currentMskId: mskId }),
  /** A request of the three above was not carried out. */
  'MSK Rotation Refused': v.object({ keyDomainId, keyGroup, reason: v.picklist(ROTATION_REFUSALS) }),
} as const;

/** The name of an event. */
export type DetailType = keyof typeof EVENT_DATA;

/** Requests that are for the rotation of MSKs, and not for the sender. */
export const ROTATION_REQUESTS = [
  'Rotate MSK',
  'Activate MSK',
  'Revoke MSK',
] as const satisfies readonly DetailType[];

/** The data of an event as it travels: identifiers as text. */
export type EventInput<T extends DetailType> = v.InferInput<(typeof EVENT_DATA)[T]>;

/** The data of an event after parsing: identifiers in their own types. */
export type EventData<T extends DetailType> = v.InferOutput<(typeof EVENT_DATA)[T]>;
