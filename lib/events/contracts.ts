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

/** Whom a push or a solicited pull is for. Further forms (a User Service, a Key Group) are added beside `ues`. */
const target = v.object({ ues: v.pipe(v.array(impi), v.minLength(1), v.maxLength(MAX_UES_PER_EVENT)) });

/**
 * Every event of the bus by its `detail-type`: requests in the imperative, facts in the past tense.
 * Identifiers are hexadecimal text; no event ever holds a key, because archives keep events.
 */
export const EVENT_DATA = {
  'MSK Request Granted': v.object({
    impi,
    bTid,
    msks: v.pipe(v.array(v.object({ keyDomainId, mskId })), v.minLength(1)),
  }),
  'Push MSK': v.object({ keyDomainId, mskId, target, verification: v.optional(v.boolean()) }),
  'Solicit MSK Pull': v.object({ keyDomainId, keyGroup, target }),
  'UE Registered': v.object({ impi, bTid, serviceIds }),
  'UE Deregistered': v.object({ impi, bTid, serviceIds }),
  'MSK Delivered': v.object({ impi, bTid, keyDomainId, mskId }),
  'MSK Delivery Failed': v.object({ impi, keyDomainId, mskId, reason: v.string() }),
  'MSK Pull Solicited': v.object({ impi, keyDomainId, keyGroup }),
} as const;

/** The name of an event. */
export type DetailType = keyof typeof EVENT_DATA;

/** The data of an event as it travels: identifiers as text. */
export type EventInput<T extends DetailType> = v.InferInput<(typeof EVENT_DATA)[T]>;

/** The data of an event after parsing: identifiers in their own types. */
export type EventData<T extends DetailType> = v.InferOutput<(typeof EVENT_DATA)[T]>;
