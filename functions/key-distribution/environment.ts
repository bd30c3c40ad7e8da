import { availableParallelism } from 'node:os';
import * as v from 'valibot';
import { MSK_RANDS, type MskRand } from '../../lib/distribution/delivery/message-batch.ts';
import type { RetransmissionSettings } from '../../lib/distribution/delivery/retransmission.ts';
import type { PrefixLengths } from '../../lib/distribution/pacing/address-prefix.ts';
import type { CommandSources } from '../../lib/events/command-sources.ts';
import { SENDER_VARIABLE } from '../environment-variables.ts';
import { commaList, commandSources, decimal, flag, parseVariables, wholeNumber } from '../parse-variables.ts';
import { type DaemonAddress, parseDaemonAddress } from '../tracing/trace-daemon.ts';
import type { NativeSetting } from './native.ts';

const SCHEMAS = {
  tableName: v.string(),
  keyArn: v.string(),
  eventBusName: v.string(),
  commandSources,
  queueUrl: v.string(),
  deadLetterQueueUrl: v.string(),
  nafFqdn: v.string(),
  udpAddresses: v.optional(commaList(v.pipe(v.string(), v.ip())), '0.0.0.0,::'),
  udpPort: v.optional(wholeNumber(0, 65_535), '2269'),
  healthPort: v.optional(wholeNumber(0, 65_535), '8081'),
  workers: v.optional(wholeNumber(1, 64), () => String(availableParallelism())),
  native: v.optional(v.picklist(['auto', 'off']), 'auto'),
  verification: v.optional(flag, 'true'),
  mskRand: v.optional(v.picklist(MSK_RANDS), 'per-msk'),
  retransmissionTries: v.optional(wholeNumber(1, 8), '4'),
  retransmissionFirstSeconds: v.optional(decimal(0.05, 60), '2'),
  perSecond: v.optional(wholeNumber(1, 1_000_000), '5000'),
  perPrefixPerSecond: v.optional(wholeNumber(1, 1_000_000)),
  ipv4PrefixLength: v.optional(wholeNumber(0, 32), '24'),
  ipv6PrefixLength: v.optional(wholeNumber(0, 128), '56'),
  spreadSeconds: v.optional(decimal(0, 3600), '60'),
  pageUes: v.optional(wholeNumber(1, 4000), '4000'),
  maxUesInProgress: v.optional(wholeNumber(1, 10_000_000), '500000'),
  visibilityTimeoutSeconds: v.optional(wholeNumber(2, 43_200), '120'),
  drainSeconds: v.optional(decimal(0, 110), '100'),
  replays: v.optional(v.picklist(['ignore', 'send']), 'ignore'),
  traceDaemon: v.optional(v.string()),
};

/** The sender's settings, from the environment of its container. */
export interface SenderSettings {
  readonly tableName: string;
  /** The KMS key that the table's data keys are wrapped by. */
  readonly keyArn: string;
  readonly eventBusName: string;
  readonly commandSources: CommandSources;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly nafFqdn: string;
  readonly udpAddresses: readonly string[];
  readonly udpPort: number;
  readonly healthPort: number;
  /** Processes that share the port, and all rates and limits below. */
  readonly workers: number;
  /** Whether lib/native is used where the machine has what it needs, or not at all. */
  readonly native: NativeSetting;
  readonly verification: boolean;
  readonly mskRand: MskRand;
  readonly retransmission: RetransmissionSettings;
  readonly perSecond: number;
  readonly perPrefixPerSecond: number | undefined;
  readonly prefixLengths: PrefixLengths;
  /** The spread of a solicited pull to a group, unless its event says otherwise. */
  readonly spreadSeconds: number;
  /** UEs on a page, that is of one unit of work. When a sender dies, at most one page is sent twice. */
  readonly pageUes: number;
  /** UEs that may wait for an answer at the same time; at this number the sender takes no more work. */
  readonly maxUesInProgress: number;
  /** The queue's visibility timeout. */
  readonly visibilityTimeoutMs: number;
  /** How long work in progress may go on when the sender stops. */
  readonly drainMs: number;
  /** Whether events that an archive replays are acted on. */
  readonly sendReplays: boolean;
  /** Where segments of traces go; undefined: there are none. */
  readonly traceDaemon: DaemonAddress | undefined;
}

/** @throws SetupError that names the variable and says what it takes */
export function parseEnvironment(env: NodeJS.ProcessEnv): SenderSettings {
  const parsed = parseVariables(SENDER_VARIABLE, SCHEMAS, env);
  return {
    tableName: parsed.tableName,
    keyArn: parsed.keyArn,
    eventBusName: parsed.eventBusName,
    commandSources: parsed.commandSources,
    queueUrl: parsed.queueUrl,
    deadLetterQueueUrl: parsed.deadLetterQueueUrl,
    nafFqdn: parsed.nafFqdn,
    udpAddresses: parsed.udpAddresses,
    udpPort: parsed.udpPort,
    healthPort: parsed.healthPort,
    workers: parsed.workers,
    native: parsed.native,
    verification: parsed.verification,
    mskRand: parsed.mskRand,
    retransmission: {
      tries: parsed.retransmissionTries,
      firstMs: parsed.retransmissionFirstSeconds * 1000,
    },
    perSecond: parsed.perSecond,
    perPrefixPerSecond: parsed.perPrefixPerSecond,
    prefixLengths: { ipv4: parsed.ipv4PrefixLength, ipv6: parsed.ipv6PrefixLength },
    spreadSeconds: parsed.spreadSeconds,
    pageUes: parsed.pageUes,
    maxUesInProgress: parsed.maxUesInProgress,
    visibilityTimeoutMs: parsed.visibilityTimeoutSeconds * 1000,
    drainMs: parsed.drainSeconds * 1000,
    sendReplays: parsed.replays === 'send',
    traceDaemon: parseDaemonAddress(parsed.traceDaemon),
  };
}

/** The settings of one of `of` workers: each has an equal share of the rates and limits of the task. */
export function settingsOfWorker(settings: SenderSettings, of: number): SenderSettings {
  const { perSecond, perPrefixPerSecond, maxUesInProgress } = settings;
  return {
    ...settings,
    perSecond: perSecond / of,
    perPrefixPerSecond: perPrefixPerSecond === undefined ? undefined : perPrefixPerSecond / of,
    maxUesInProgress: Math.ceil(maxUesInProgress / of),
  };
}
