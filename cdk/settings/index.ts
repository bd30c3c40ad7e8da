import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { serviceDescriptionEntries } from '../../functions/key-request/service-description.ts';
import { CodedError } from '../../lib/coded-error.ts';
import { contradictionsOf } from './contradictions.ts';
import { edge } from './edge.ts';
import { events } from './events.ts';
import { keyExport } from './key-export.ts';
import { keySource } from './key-source.ts';
import { mbs } from './mbs.ts';
import { isExampleFqdn } from './naf-fqdn.ts';
import { network, withEndpoints } from './network.ts';
import { payloadProfile } from './payload-profile.ts';
import { withProfile } from './profile.ts';
import { sender } from './sender.ts';
import { traffic } from './traffic.ts';
import { arn, fqdn, image, isPlmn, whole, within } from './values.ts';

/** Days that CloudWatch keeps logs for; 9999: for ever. */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
  9999,
] as const;

/** The AWS Distro for OpenTelemetry. */
const COLLECTOR_IMAGE = 'public.ecr.aws/aws-observability/aws-otel-collector:v0.48.0';

/** Everything an operator may set; each has a default that deploys. */
const entries = v.strictObject({
  /** Stacks are named `<stackPrefix>Data` and `<stackPrefix>Service`. */
  stackPrefix: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9-]{0,40}$/, 'letters, digits and hyphens')),
    'Bmsc',
  ),
  /**
   * `small`: other defaults, for a deployment of at most 25 dollars a month; docs/cost.md says what it gives
   * up.
   */
  profile: v.optional(v.picklist(['standard', 'small']), 'standard'),
  /** Whether the deployment is to an emulator of AWS: only there `nafFqdn` may be an example's. */
  emulator: v.optional(v.boolean(), false),
  /**
   * FQDN of the BM-SC as a NAF; the Digest realm and the NAF_Id follow from it. The default is an example.
   */
  nafFqdn: v.optional(fqdn, 'bmsc.home1.net'),
  /** Of the key management URI, as it stands in requests. */
  keyManagementPath: v.optional(
    v.pipe(
      v.string(),
      v.check(
        isPath,
        'a path such as /keymanagement, without query, fragment, ".." and characters that URLs escape',
      ),
    ),
    '/keymanagement',
  ),
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
      /**
       * A header by which a proxy of the operator's before the gateway names each request. It must set or
       * remove it in all requests: whoever may choose the ID can have events taken for those of others.
       * Without it a request has the ID that the gateway gave it.
       */
      correlationHeader: v.optional(
        v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]{1,64}$/, 'the name of a header')),
      ),
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
       * Whether all messages of an MSK have the same RAND, which MTK messages need (docs/traffic.md), or each
       * one of its own.
       */
      mskRand: v.optional(v.picklist(['per-msk', 'per-message']), 'per-msk'),
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
          perSecond: v.optional(whole(1, 1_000_000), 5000),
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
      pageUes: v.optional(whole(1, 4000), 4000),
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
  events: v.optional(events, {}),
  sender: v.optional(sender, {}),
  keySource: v.optional(keySource),
  /** Names and forms of the payloads of UEs; undefined: the default profile. */
  payloadProfile: v.optional(payloadProfile),
  /** Whether security descriptions of User Services are served over HTTP; undefined: they are not. */
  serviceDescription: v.optional(v.strictObject(serviceDescriptionEntries)),
  keyExport: v.optional(keyExport),
  mbs: v.optional(mbs),
  /** The traffic key service; undefined: there is none. */
  traffic: v.optional(traffic),
  /**
   * A table that there is, in place of a new one: one that a deletion has retained, that was restored from a
   * backup, or that is a replica of a global table (docs/operations.md).
   */
  table: v.optional(
    v.strictObject({
      arn: arn('dynamodb', { resource: 'table/[A-Za-z0-9_.-]{3,255}', message: 'of a table' }),
      /** The KMS key under which the data keys in the table are wrapped: that of its first stack. */
      encryptionKeyArn: arn('kms', { resource: 'key/[A-Za-z0-9-]+', message: 'of a key, not of an alias' }),
    }),
  ),
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
      /** Whether MSKs are counted for each Key Domain, too: four metrics more for each, which cost. */
      keyDomainMetrics: v.optional(v.boolean(), false),
      /**
       * Whether requests are traced in AWS X-Ray, from the Key Request function through the bus and the queue
       * to the sender. It costs by the trace, and a collector stands beside each sender (docs/operations.md).
       */
      traces: v.optional(v.boolean(), false),
      /** The image of that collector. */
      collectorImage: v.optional(image, COLLECTOR_IMAGE),
      /** Whether queries of the logs are saved in CloudWatch Logs Insights. */
      savedQueries: v.optional(v.boolean(), true),
      alarms: v.optional(v.boolean(), true),
      /** Metrics of each task and service of ECS, which cost; `sender.scaling` counts tasks by them. */
      containerInsights: v.optional(v.boolean(), true),
      /** An existing SNS topic that alarms notify; undefined: one is made. */
      alarmTopicArn: v.optional(
        arn('sns', { resource: '[A-Za-z0-9_-]{1,256}', message: 'of a standard topic' }),
      ),
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
      logDays: v.optional(v.picklist(LOG_DAYS), 30),
      /** Days that the bus archives events; 0: it keeps no archive. */
      archiveDays: v.optional(whole(0, 3650), 30),
    }),
    {},
  ),
});

const settings = v.pipe(entries, v.transform(withEndpoints));

/** The settings with their defaults filled in. */
export type Settings = v.InferOutput<typeof settings>;

/** The settings as an operator writes them. */
export type SettingsInput = v.InferInput<typeof settings>;

/**
 * A wrong setting, whose message names it and says what it takes, a property of a construct that contradicts
 * a setting or another property, or a file of settings that can't be read.
 */
export class SettingsError extends CodedError<'wrong-setting' | 'contradicting-props' | 'unreadable-file'> {
  override readonly name = 'SettingsError';
}

/** @throws SettingsError */
export function parseSettings(input: unknown): Settings {
  if (Array.isArray(input)) throw new SettingsError('wrong-setting', lineOf('', 'an object, not a list'));
  const parsed = v.safeParse(settings, withProfile(input ?? {}));
  const wrong = parsed.success
    ? contradictionsOf(parsed.output).map(({ setting, message }) => lineOf(setting, message))
    : parsed.issues.map((issue) => lineOf(v.getDotPath(issue) ?? '', messageOf(issue)));
  if (!parsed.success || wrong.length > 0) throw new SettingsError('wrong-setting', wrong.join('\n'));
  return parsed.output;
}

/**
 * Refuses a deployment that no UE could use, because its FQDN is an example's.
 * @throws SettingsError
 */
export function checkNafFqdn({ nafFqdn, emulator }: Settings): void {
  if (emulator || !isExampleFqdn(nafFqdn)) return;
  const message = `the FQDN of this BM-SC, not ${nafFqdn}, which is an example's; UEs derive their keys from it. Only an emulator (setting "bmsc.emulator") may have that`;
  throw new SettingsError('wrong-setting', lineOf('nafFqdn', message));
}

function lineOf(setting: string, message: string): string {
  return `setting "${setting === '' ? 'bmsc' : `bmsc.${setting}`}": ${message}`;
}

function messageOf(issue: v.BaseIssue<unknown>): string {
  const isUnknown = issue.type === 'strict_object' && issue.expected === 'never';
  return isUnknown ? 'there is no such setting' : issue.message;
}

/**
 * Settings from the app's context: an object under `bmsc`, or the name of a JSON file that holds one. The
 * command line sets no single one: `-c bmsc.nafFqdn=…` is another context, which nothing would read.
 * @throws SettingsError
 */
export function settingsOfContexts(contexts: Readonly<Record<string, unknown>>): Settings {
  const single = Object.keys(contexts).filter((name) => name.startsWith('bmsc.'));
  if (single.length > 0)
    throw new SettingsError(
      'wrong-setting',
      single
        .map((name) => `setting "${name}": set it in cdk.json, or in a file that -c bmsc=… names`)
        .join('\n'),
    );
  const { bmsc } = contexts;
  return parseSettings(typeof bmsc === 'string' ? readSettingsFile(bmsc) : bmsc);
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

/**
 * Whether requests can have this path: segments of RFC 3986 §3.3, no other than a client sends. Clients
 * resolve the segments `.` and `..`, also where they are escaped, and take `//` for the start of a host.
 */
function isPath(text: string): boolean {
  if (!/^(?:\/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)+$/.test(text) || text.startsWith('//'))
    return false;
  return !text.split('/').some((segment) => /^\.{1,2}$/.test(segment.replace(/%2e/gi, '.')));
}
