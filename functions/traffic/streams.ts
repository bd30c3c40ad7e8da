import { isIP } from 'node:net';
import * as v from 'valibot';
import { keyDomainIdOfText } from '../../lib/keys/key-domain-id.ts';
import { parseKeyGroup } from '../../lib/keys/msk-id.ts';
import { MKI_FORMS } from '../../lib/srtp/mki.ts';
import { formatKeyGroupRef, type KeyGroupRef } from '../../lib/store/key-group/key-group-item.ts';
import type { TrafficStream } from '../../lib/traffic/stream.ts';

const at = v.strictObject({
  address: v.pipe(
    v.string(),
    v.check((text) => isIP(text) !== 0, 'an IP address'),
  ),
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
});
const seconds = (min: number, max: number) => v.pipe(v.number(), v.minValue(min), v.maxValue(max));

/** A stream as an operator writes it, with its defaults; docs/traffic.md says what each is for. */
export const stream = v.pipe(
  v.strictObject({
    serviceId: v.pipe(v.string(), v.nonEmpty('a User Service')),
    /** `001-01/0001` */
    keyGroup: v.pipe(
      v.string(),
      v.check((text) => keyGroupOf(text) !== undefined, 'a Key Group such as 001-01/0001'),
    ),
    /** Where MTK messages go: a multicast group, or one address. Which, is unverified [M-lo]. */
    mtks: at,
    /** Between two messages with one MTK. */
    repeatSeconds: v.optional(seconds(0.05, 3600), 1),
    /** How long an MTK is sent before it is used. */
    announceSeconds: v.optional(seconds(0.05, 3600), 3),
    /** How long an MTK is used. */
    changeSeconds: v.optional(seconds(0.1, 86_400), 60),
    /** How long after a rotation MTKs go out under the MSK before, too. */
    overlapSeconds: v.optional(seconds(0, 86_400), 0),
    /** At so many MTK IDs left, a rotation of the MSK is asked for. */
    lowMtkIds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff)), 120),
    /** Whether an MTK comes with a salt; whether it does in the standard is unverified [D]. */
    salt: v.optional(v.boolean(), true),
    /** How packets name their MTK; unverified [M-lo]. */
    mkiForm: v.optional(v.picklist(MKI_FORMS), MKI_FORMS[0]),
    /** Where plain RTP is taken, and where SRTP goes; left out: somebody else encrypts. */
    srtp: v.optional(v.strictObject({ from: at, to: at })),
    /** Path of a local socket for encoders that encrypt themselves. */
    handOver: v.optional(v.pipe(v.string(), v.startsWith('/', 'an absolute path'))),
    /** Whether MTKs are kept in the table, sealed, for the export of keys (`keyExport`). */
    export: v.optional(v.boolean(), false),
    /** Over which groups are sent: of IPv4 a local address, of IPv6 the name of an interface. */
    interface: v.optional(v.string()),
    /** Routers that a multicast datagram may pass. */
    hops: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(255)), 16),
    /** How often the MSKs are looked at: a revocation is noticed after as long. */
    lookSeconds: v.optional(seconds(0.1, 60), 1),
    /** How long the instance that sends is silent before another takes its turn. */
    patienceSeconds: v.optional(seconds(0.5, 600), 5),
  }),
  v.check(
    ({ repeatSeconds, announceSeconds, changeSeconds }) =>
      announceSeconds >= repeatSeconds && changeSeconds > announceSeconds,
    'announceSeconds at least repeatSeconds, and changeSeconds above both: an MTK is sent before it is used',
  ),
  v.check(
    ({ lookSeconds, patienceSeconds }) => patienceSeconds >= 2 * lookSeconds,
    'patienceSeconds at least twice lookSeconds',
  ),
);

/** A stream as an operator writes it. */
export type StreamInput = v.InferInput<typeof stream>;

/** The streams of a deployment. */
export const streamList = v.pipe(
  v.array(stream),
  v.check(
    (all) => new Set(all.map(({ keyGroup }) => refOf(keyGroup))).size === all.length,
    'a Key Group for each stream: a UE takes only growing counters under an MSK, so one sends under each',
  ),
);

/** Streams in JSON. */
export const streams = v.pipe(v.string(), v.parseJson(undefined, 'JSON of streams'), streamList);

/** What `stream` has parsed, in the units of `lib/traffic`. @throws KeysError for a Key Group that is none */
export function trafficStreamOf(parsed: v.InferOutput<typeof stream>): TrafficStream {
  const { repeatSeconds, announceSeconds, changeSeconds, overlapSeconds, lowMtkIds } = parsed;
  const { serviceId, mtks, salt, mkiForm, srtp, handOver, hops, lookSeconds, patienceSeconds } = parsed;
  const keyGroup = keyGroupOf(parsed.keyGroup);
  if (keyGroup === undefined) throw new TypeError('the schema takes Key Groups alone');
  return {
    ...{ serviceId, keyGroup, mtks, salt, mkiForm, srtp, handOver, hops },
    interface: parsed.interface,
    isExported: parsed.export,
    schedule: {
      changeMs: changeSeconds * 1000,
      repeatMs: repeatSeconds * 1000,
      announceMs: announceSeconds * 1000,
      overlapMs: overlapSeconds * 1000,
      lowMtkIds,
    },
    lookMs: lookSeconds * 1000,
    patienceMs: patienceSeconds * 1000,
  };
}

/** The same for two ways to write one Key Group. */
function refOf(text: string): string {
  const ref = keyGroupOf(text);
  return ref === undefined ? text : formatKeyGroupRef(ref);
}

function keyGroupOf(text: string): KeyGroupRef | undefined {
  const [domain = '', group = '', ...others] = text.split('/');
  try {
    if (others.length > 0) return undefined;
    return { keyDomainId: keyDomainIdOfText(domain), keyGroup: parseKeyGroup(group) };
  } catch {
    return undefined;
  }
}
