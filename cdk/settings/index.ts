import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { CodedError } from '../../lib/coded-error.ts';
import { keyDomainIdOfText } from '../../lib/keys/key-domain-id.ts';
import { edge } from './edge.ts';
import { keySource } from './key-source.ts';
import { network } from './network.ts';
import { arn, whole, within } from './values.ts';

/** Everything an operator may set; each has a default that deploys. */
const settings = v.strictObject({
  /** Stacks are named `<stackPrefix>Data` and `<stackPrefix>Service`. */
  stackPrefix: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9-]{0,40}$/, 'letters, digits and hyphens')),
    'Bmsc',
  ),
  /** FQDN of the BM-SC as a NAF; the Digest realm and the NAF_Id follow from it. */
  nafFqdn: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9]$/, 'an FQDN')),
    'bmsc.home1.net',
  ),
  keyManagementPath: v.optional(v.pipe(v.string(), v.regex(/^\/[!-~]*$/, 'a path')), '/keymanagement'),
  /** Key Domains that may be provisioned, MCC and MNC such as `001-01`; none given: any. */
  keyDomains: v.optional(v.array(v.pipe(v.string(), v.check(isPlmn, 'MCC and MNC such as 001-01'))), []),
  digest: v.optional(
    v.strictObject({
      qop: v.optional(v.pipe(v.array(v.picklist(['auth', 'auth-int'])), v.minLength(1)), ['auth-int']),
      algorithms: v.optional(v.pipe(v.array(v.picklist(['MD5', 'SHA-256'])), v.minLength(1)), ['MD5']),
      nonceLifetimeSeconds: v.optional(whole(10, 86_400), 300),
    }),
    {},
  ),
  /** How much of UEs' requests is let through, so that a flood costs neither the account nor the table. */
  keyRequest: v.optional(
    v.strictObject({
      /** Requests a second that the HTTP API takes, on average; the others are answered 429. */
      perSecond: v.optional(whole(1, 100_000), 2000),
      /** Requests that the HTTP API takes beyond the rate, in a burst. */
      burst: v.optional(whole(1, 100_000), 1000),
      /**
       * Concurrent executions that are the function's own, and its limit. None by default: Lambda refuses to
       * reserve any in a new account, whose limit of 10 must all stay unreserved.
       */
      reservedConcurrency: v.optional(whole(1, 100_000)),
    }),
    {},
  ),
  delivery: v.optional(
    v.strictObject({
      /** UDP port of UEs that name none. */
      uePort: v.optional(whole(1, 65_535), 2269),
      /** UDP port of the sender. */
      udpPort: v.optional(whole(1, 65_535), 2269),
      verification: v.optional(v.boolean(), true),
      /**
       * An MSK that is not confirmed is sent again after `firstSeconds`, then after twice as long, up to
       * `tries` in all.
       */
      retransmission: v.optional(
        v.strictObject({
          tries: v.optional(whole(1, 8), 4),
          firstSeconds: v.optional(within(0.05, 60), 2),
        }),
        {},
      ),
      /** How fast messages go out, of each sender. */
      pacing: v.optional(
        v.strictObject({
          /** Messages a second of each sender task. */
          perSecond: v.optional(whole(1, 1_000_000), 2000),
          /** Of these, messages a second to one network prefix of UE addresses; undefined: any number. */
          perPrefixPerSecond: v.optional(whole(1, 1_000_000)),
          ipv4PrefixLength: v.optional(whole(0, 32), 24),
          ipv6PrefixLength: v.optional(whole(0, 128), 56),
          /**
           * A solicited pull to a group is spread over this time, or 1 s for each 100 UEs if that is less,
           * unless its event says otherwise.
           */
          pullSpreadSeconds: v.optional(within(0, 3600), 60),
        }),
        {},
      ),
      /** UEs of one unit of work: when a sender dies, at most these are sent an MSK twice. */
      pageUes: v.optional(whole(1, 2000), 500),
      /** Whether a UE that registers is sent the current MSKs immediately. */
      pushAtRegistration: v.optional(v.boolean(), true),
    }),
    {},
  ),
  rotation: v.optional(
    v.strictObject({
      /** From the push of the next MSK until it is the current one, unless a request says otherwise. */
      leadTimeSeconds: v.optional(whole(0, 2_592_000), 3600),
    }),
    {},
  ),
  sender: v.optional(
    v.strictObject({
      /** Tasks, where there is no `scaling`. */
      desiredCount: v.optional(whole(0, 100), 1),
      /**
       * Tasks follow the work that waits, between `minCount` and `maxCount`; with `minCount` 0 there is none
       * without work.
       */
      scaling: v.optional(
        v.strictObject({
          minCount: v.optional(whole(0, 100), 1),
          maxCount: v.optional(whole(1, 1000), 10),
          /** Units of work in the queue for each task, above which there are more tasks. */
          unitsPerTask: v.optional(whole(1, 1000), 8),
        }),
      ),
      /** How long a task that stops may finish its work in progress; the rest goes back to the queue. */
      drainSeconds: v.optional(whole(0, 110), 100),
      /** 1024 are a vCPU; a sender has a worker for each. */
      cpu: v.optional(v.picklist([256, 512, 1024, 2048, 4096]), 512),
      memoryMiB: v.optional(whole(512, 30_720), 1024),
      architecture: v.optional(v.picklist(['arm64', 'x86_64']), 'arm64'),
      /** `build` makes the image at deployment, with Docker; else the name of one in a registry. */
      image: v.optional(v.pipe(v.string(), v.nonEmpty('"build", or the name of an image')), 'build'),
      /**
       * Whether the optional fast implementations in lib/native are used where the machine can run them
       * (`auto`), or only Node's own cryptography and sockets (`off`), which send the same datagrams with
       * several times the CPU.
       */
      native: v.optional(v.picklist(['auto', 'off']), 'auto'),
      /** Whether events that an archive replays make it send again. */
      sendReplays: v.optional(v.boolean(), false),
    }),
    {},
  ),
  keySource: v.optional(keySource),
  network: v.optional(network, { type: 'new' }),
  edge: v.optional(edge, { type: 'cloudfront' }),
  queues: v.optional(
    v.strictObject({
      /** `sqs`: keys of SQS; `kms`: a key of the customer's own, whose policy admits EventBridge. */
      encryption: v.optional(v.picklist(['sqs', 'kms']), 'sqs'),
    }),
    {},
  ),
  operations: v.optional(
    v.strictObject({
      dashboard: v.optional(v.boolean(), true),
      alarms: v.optional(v.boolean(), true),
      /** An existing SNS topic that alarms notify; undefined: one is made. */
      alarmTopicArn: v.optional(arn('sns')),
      /** Subscribed to the topic; whoever reads it confirms the subscription once. */
      alarmEmail: v.optional(v.pipe(v.string(), v.email('an e-mail address'))),
      /** An https endpoint that is subscribed to the topic, and confirms the subscription itself. */
      alarmUrl: v.optional(
        v.pipe(v.string(), v.url('an https URL'), v.startsWith('https://', 'an https URL')),
      ),
    }),
    {},
  ),
  retention: v.optional(
    v.strictObject({
      /** `retain` keeps table and keys when the stacks are deleted. */
      data: v.optional(v.picklist(['retain', 'destroy']), 'retain'),
      logDays: v.optional(v.picklist([1, 3, 5, 7, 14, 30, 60, 90, 180, 365]), 30),
      /** Days that the bus archives events; 0: it keeps no archive. */
      archiveDays: v.optional(whole(0, 3650), 30),
    }),
    {},
  ),
});

/** The settings with their defaults filled in. */
export type Settings = v.InferOutput<typeof settings>;

/** The settings as an operator writes them. */
export type SettingsInput = v.InferInput<typeof settings>;

/**
 * A wrong setting, whose message names it and says what it takes, or a file of settings that can't be read.
 */
export class SettingsError extends CodedError<'wrong-setting' | 'unreadable-file'> {
  override readonly name = 'SettingsError';
}

/** @throws SettingsError */
export function parseSettings(input: unknown): Settings {
  const parsed = v.safeParse(settings, input ?? {});
  if (parsed.success) return parsed.output;
  const wrong = parsed.issues.map((issue) => `setting "bmsc.${v.getDotPath(issue) ?? ''}": ${issue.message}`);
  throw new SettingsError('wrong-setting', wrong.join('\n'));
}

/**
 * Settings from the app's context: an object under `bmsc`, or the name of a JSON file that holds one.
 * @throws SettingsError
 */
export function settingsOfContext(context: unknown): Settings {
  if (typeof context !== 'string') return parseSettings(context);
  return parseSettings(readSettingsFile(context));
}

function readSettingsFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SettingsError(
      'unreadable-file',
      `the context "bmsc" names the file ${file}, which can't be read: ${reason}`,
      {
        cause,
      },
    );
  }
}

function isPlmn(text: string): boolean {
  return /^[0-9]{3}-[0-9]{2,3}$/.test(text) && keyDomainIdOfText(text).length > 0;
}
