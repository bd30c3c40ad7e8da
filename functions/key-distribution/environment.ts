import { availableParallelism } from 'node:os';
import * as v from 'valibot';
import type { RetransmissionSettings } from '../../lib/distribution/delivery/retransmission.ts';
import type { PrefixLengths } from '../../lib/distribution/pacing/address-prefix.ts';
import { parseVariables } from '../variables.ts';

const whole = (min: number, max: number) =>
  v.pipe(v.string(), v.toNumber(), v.integer(), v.minValue(min), v.maxValue(max));
const seconds = (min: number, max: number) =>
  v.pipe(v.string(), v.toNumber(), v.minValue(min), v.maxValue(max));
const flag = v.pipe(
  v.picklist(['true', 'false']),
  v.transform((text) => text === 'true'),
);

const environment = v.object({
  BMSC_TABLE_NAME: v.string(),
  BMSC_KEY_ARN: v.string(),
  BMSC_EVENT_BUS_NAME: v.string(),
  BMSC_QUEUE_URL: v.string(),
  BMSC_NAF_FQDN: v.string(),
  BMSC_UDP_ADDRESS: v.pipe(
    v.optional(v.string(), '0.0.0.0'),
    v.transform((text) => text.split(',').map((address) => address.trim())),
    v.array(v.pipe(v.string(), v.ip())),
  ),
  BMSC_UDP_PORT: v.optional(whole(0, 65_535), '2269'),
  BMSC_HEALTH_PORT: v.optional(whole(0, 65_535), '8081'),
  BMSC_SENDER_WORKERS: v.optional(whole(1, 64), () => String(availableParallelism())),
  BMSC_VERIFICATION: v.optional(flag, 'true'),
  BMSC_RETRANSMISSION_TRIES: v.optional(whole(1, 8), '4'),
  BMSC_RETRANSMISSION_FIRST_S: v.optional(seconds(0.05, 60), '2'),
  BMSC_PER_SECOND: v.optional(whole(1, 1_000_000), '2000'),
  BMSC_PER_PREFIX_PER_SECOND: v.optional(whole(1, 1_000_000)),
  BMSC_PREFIX_LENGTH_IPV4: v.optional(whole(0, 32), '24'),
  BMSC_PREFIX_LENGTH_IPV6: v.optional(whole(0, 128), '56'),
  BMSC_PULL_SPREAD_S: v.optional(seconds(0, 3600), '60'),
  BMSC_PAGE_UES: v.optional(whole(1, 2000), '500'),
  BMSC_MAX_UES_UNDER_WAY: v.optional(whole(1, 10_000_000), '100000'),
  BMSC_VISIBILITY_TIMEOUT_S: v.optional(whole(2, 43_200), '120'),
  BMSC_DRAIN_S: v.optional(seconds(0, 110), '100'),
  BMSC_REPLAYS: v.optional(v.picklist(['ignore', 'send']), 'ignore'),
});

/** The sender's settings, as its container's environment gives them. */
export interface SenderSettings {
  readonly tableName: string;
  /** The KMS key that the table's data keys are wrapped by. */
  readonly keyArn: string;
  readonly eventBusName: string;
  readonly queueUrl: string;
  readonly nafFqdn: string;
  readonly udpAddresses: readonly string[];
  readonly udpPort: number;
  readonly healthPort: number;
  /** Processes that share the port, and all rates and limits below. */
  readonly workers: number;
  readonly verification: boolean;
  readonly retransmission: RetransmissionSettings;
  readonly perSecond: number;
  readonly perPrefixPerSecond: number | undefined;
  readonly prefixLengths: PrefixLengths;
  /** The spread of a solicited pull to a group, unless its event says otherwise. */
  readonly spreadSeconds: number;
  /** UEs on a page: what one unit of work is for, and what is repeated at most when a sender dies. */
  readonly pageUes: number;
  /** UEs that may wait for an answer at once; more work is not taken. */
  readonly maxUesUnderWay: number;
  /** The queue's. */
  readonly visibilityTimeoutMs: number;
  /** How long work under way may go on once the sender is told to stop. */
  readonly drainMs: number;
  /** Whether events that an archive replays are acted on. */
  readonly sendReplays: boolean;
}

/** @throws Error that names the variable and what it takes */
export function parseEnvironment(env: NodeJS.ProcessEnv): SenderSettings {
  const parsed = parseVariables(environment, env);
  return {
    tableName: parsed.BMSC_TABLE_NAME,
    keyArn: parsed.BMSC_KEY_ARN,
    eventBusName: parsed.BMSC_EVENT_BUS_NAME,
    queueUrl: parsed.BMSC_QUEUE_URL,
    nafFqdn: parsed.BMSC_NAF_FQDN,
    udpAddresses: parsed.BMSC_UDP_ADDRESS,
    udpPort: parsed.BMSC_UDP_PORT,
    healthPort: parsed.BMSC_HEALTH_PORT,
    workers: parsed.BMSC_SENDER_WORKERS,
    verification: parsed.BMSC_VERIFICATION,
    retransmission: {
      tries: parsed.BMSC_RETRANSMISSION_TRIES,
      firstMs: parsed.BMSC_RETRANSMISSION_FIRST_S * 1000,
    },
    perSecond: parsed.BMSC_PER_SECOND,
    perPrefixPerSecond: parsed.BMSC_PER_PREFIX_PER_SECOND,
    prefixLengths: { ipv4: parsed.BMSC_PREFIX_LENGTH_IPV4, ipv6: parsed.BMSC_PREFIX_LENGTH_IPV6 },
    spreadSeconds: parsed.BMSC_PULL_SPREAD_S,
    pageUes: parsed.BMSC_PAGE_UES,
    maxUesUnderWay: parsed.BMSC_MAX_UES_UNDER_WAY,
    visibilityTimeoutMs: parsed.BMSC_VISIBILITY_TIMEOUT_S * 1000,
    drainMs: parsed.BMSC_DRAIN_S * 1000,
    sendReplays: parsed.BMSC_REPLAYS === 'send',
  };
}

/** The settings of one of `of` workers, which share what is for all of them. */
export function settingsOfWorker(settings: SenderSettings, of: number): SenderSettings {
  const { perSecond, perPrefixPerSecond, maxUesUnderWay } = settings;
  return {
    ...settings,
    perSecond: perSecond / of,
    perPrefixPerSecond: perPrefixPerSecond === undefined ? undefined : perPrefixPerSecond / of,
    maxUesUnderWay: Math.ceil(maxUesUnderWay / of),
  };
}
