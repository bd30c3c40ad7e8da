import * as v from 'valibot';
import { parseBtid } from '../gba/btid.ts';
import { parseImpi } from '../gba/impi.ts';
import { parseKeyDomainId } from '../keys/key-domain-id.ts';
import { parseKeyGroup, parseMskId } from '../keys/msk-id.ts';

/** The most UEs that one event may list: an event has at most 256 KiB. */
export const MAX_UES_PER_EVENT = 500;

/** What the published schema of a text says, since no schema can run a parser. */
interface PublishedText {
  readonly description: string;
  /** A regular expression that every text that the parser takes matches. */
  readonly pattern: string;
  readonly examples: readonly string[];
}

/** A schema that parses text, and reports the parser's error. */
const parsed = <T>(parse: (text: string) => T, { description, pattern, examples }: PublishedText) =>
  v.pipe(
    v.string(),
    v.metadata({ description, pattern, examples: [...examples] }),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      try {
        return parse(dataset.value);
      } catch (error) {
        addIssue({ message: error instanceof Error ? error.message : String(error) });
        return NEVER;
      }
    }),
  );

/** Hexadecimal text. The published pattern has both cases, since it can have no flag. */
const hexadecimal = (digits: number, message: string, description: string, example: string) =>
  v.pipe(
    v.string(),
    v.regex(new RegExp(`^[0-9A-Fa-f]{${digits}}$`), message),
    v.description(description),
    v.examples([example]),
  );

/** A schema with words for people, which the published schema repeats. */
export const described = <const Schema extends v.GenericSchema>(description: string, schema: Schema) =>
  v.pipe(schema, v.description(description));

export const impi = parsed(parseImpi, {
  description: 'The IMPI of a subscriber: user@realm, at most 253 characters (TS 23.003 §13.3).',
  pattern: '^[^\\s@]+@[A-Za-z0-9.-]+$',
  examples: ['alice@home1.net'],
});
export const bTid = parsed(parseBtid, {
  description:
    'The B-TID of an association: base64(RAND)@bsf-name, at most 300 characters (TS 33.220 §4.5.2).',
  pattern: '^[A-Za-z0-9+/=_.~-]{1,128}@[A-Za-z0-9.-]+$',
  examples: ['I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net'],
});
export const keyDomainId = parsed(parseKeyDomainId, {
  description: 'A Key Domain ID: MCC and MNC in 3 octets, as 6 hexadecimal digits (TS 33.246 §6.3.2.1).',
  pattern: '^[0-9A-Fa-f]{6}$',
  examples: ['00f110'],
});
export const mskId = v.pipe(
  hexadecimal(
    8,
    'an MSK ID is 8 hexadecimal digits',
    'An MSK ID: Key Group and Key Number, as 8 hexadecimal digits (TS 33.246 §6.3.2.1).',
    '00100001',
  ),
  v.transform(parseMskId),
);
export const keyGroup = v.pipe(
  hexadecimal(
    4,
    'a Key Group is 4 hexadecimal digits',
    'A Key Group: the first half of an MSK ID, as 4 hexadecimal digits.',
    '0010',
  ),
  v.transform(parseKeyGroup),
);
/** DynamoDB takes keys of 2048 octets at most. */
export const serviceId = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.maxBytes(1024),
  v.description('The ID of a User Service, at most 1024 octets of UTF-8.'),
  v.examples(['urn:example:news']),
);
export const serviceIds = v.pipe(v.array(serviceId), v.minLength(1), v.maxLength(64));

/** A push ID: the idempotency key of its request, and the name of a replay where there is one. */
const requestedPushId = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.maxBytes(512),
  v.description('The ID of a push: the idempotency key of the event that requested it.'),
);
export const pushId = described(
  'The ID of the push: the idempotency key of the event that requested it.',
  v.string(),
);

/** The forms of a target. */
export const targetForms = v.union([
  v.object({
    ues: described(
      'Listed UEs, by IMPI.',
      v.pipe(v.array(impi), v.minLength(1), v.maxLength(MAX_UES_PER_EVENT)),
    ),
  }),
  /** The UEs registered to a User Service that uses the Key Group. */
  v.object({ serviceId }),
  v.object({
    allHolders: described(
      'The UEs registered to any User Service of the Key Group, each once.',
      v.literal(true),
    ),
  }),
  /** The UEs that an earlier push has given up by then. */
  v.object({ undeliveredOf: requestedPushId }),
]);
const FORMS = ['ues', 'serviceId', 'allHolders', 'undeliveredOf'];

/** No form may stand beside another: so a wrong list never becomes a push to all. */
export const hasOneForm = v.custom<v.InferInput<typeof targetForms>>(
  (value) => v.is(v.looseObject({}), value) && FORMS.filter((form) => form in value).length === 1,
  `takes one of ${FORMS.join(', ')}`,
);

/** The UEs that a push or a solicited pull is for. */
export const target = v.pipe(hasOneForm, targetForms);

const positive = v.pipe(v.number(), v.minValue(0.01), v.maxValue(1_000_000));

/** How fast messages go out; by default as the sender is configured. */
export const pacing = v.object({
  perSecond: v.optional(described('Messages per second of each sender.', positive)),
  perPrefixPerSecond: v.optional(
    described('Messages per second of each sender to one network prefix of UE addresses.', positive),
  ),
  spreadSeconds: v.optional(
    described(
      'Each message waits for a random time below this, so that UEs do not come back together.',
      v.pipe(v.number(), v.minValue(0), v.maxValue(3600)),
    ),
  ),
});

/** The same, parsed. */
export type Pacing = Readonly<v.InferOutput<typeof pacing>>;

export const ues = v.array(impi);
export const isoTime = (description: string) =>
  v.pipe(
    v.string(),
    v.metadata({ description, format: 'date-time', examples: ['2026-11-23T18:00:00.000Z'] }),
  );
/** The same, and nothing else is taken. */
export const checkedIsoTime = (description: string) =>
  v.pipe(
    v.string(),
    v.isoTimestamp('takes ISO 8601 in UTC, such as 2026-11-23T18:00:00Z'),
    v.regex(/Z$/, 'takes ISO 8601 in UTC, such as 2026-11-23T18:00:00Z'),
    v.metadata({ description, format: 'date-time', examples: ['2026-11-23T18:00:00.000Z'] }),
  );

/** A ciphertext of KMS has at most 6144 octets; that of 64 octets has some 250. */
export const wrappedKey = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9+/]{4,1024}={0,2}$/, 'takes Base64 of at most 1024 characters'),
  v.description(
    'Base64 of the ciphertext of kms:Encrypt, under the key of the output EncryptionKeyArn and with the encryption ' +
      'context bTid and impi. Its plaintext is Ks_NAF, 32 octets (GBA_ME), or Ks_ext_NAF and Ks_int_NAF, 64 octets (GBA_U).',
  ),
);

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** How far a push has come. All counts but `expected` are exact. */
export const progress = v.object({
  pushId,
  kind: v.picklist(['msk', 'solicited-pull']),
  keyDomainId,
  mskId,
  startedAt: isoTime('When the push began, ISO 8601.'),
  expected: described(
    'UEs that were registered when the push began; for a User Service of thousands, an estimate.',
    count,
  ),
  delivered: described(
    'UEs that were reached: `verified` and `sent`. A completed push with 0 has reached nobody.',
    count,
  ),
  verified: described('UEs that have confirmed the MSK.', count),
  sent: described('UEs that were sent a message without a request for verification.', count),
  failed: described(
    'UEs by the reason why they got nothing or did not confirm. Reasons may be added.',
    v.record(v.string(), count),
  ),
});

/** From the preparation of an MSK to its activation, at most 30 days. */
export const leadTimeSeconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2_592_000));
export const mtkId = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));
export const validity = v.pipe(
  v.object({ seql: mtkId, sequ: mtkId }),
  v.check(({ seql, sequ }) => seql <= sequ, 'seql is not above sequ'),
);

export const recipient = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'a recipient has 1 to 64 letters, digits, _ and -'),
  v.description('A system that keys are exported to, by its name in the setting keyExport.recipients.'),
  v.examples(['mbstf']),
);
export const invocationId = described(
  'The request ID of the invocation; CloudTrail has it with the name of the caller.',
  v.string(),
);

export const wrappedMsk = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9+/]{4,1024}={0,2}$/, 'takes Base64 of at most 1024 characters'),
  v.description(
    'Base64 of the ciphertext of kms:Encrypt, under the key of the output EncryptionKeyArn and with the encryption ' +
      'context keyDomainId and mskId. Its plaintext is the MSK, 16 octets; with mtkId, which then is part of the ' +
      'context, in decimal, MSK and MTK, 32 octets, or MSK, MTK and salt, 46 octets.',
  ),
);
