/**
 * The environment variables of the functions. Each name stands here and nowhere else: the stacks set the
 * variables, the functions read them, and tests change them by these constants.
 */

/** Variables of every function. */
const EVERY_FUNCTION = {
  tableName: 'BMSC_TABLE_NAME',
  /** The KMS key that wraps the table's data keys. */
  keyArn: 'BMSC_KEY_ARN',
  eventBusName: 'BMSC_EVENT_BUS_NAME',
} as const;

/** Variables of the functions that carry out commands. */
const COMMANDED = {
  ...EVERY_FUNCTION,
  /** Sources that operators' systems command from, joined by commas; by default the BM-SC's own. */
  commandSources: 'BMSC_COMMAND_SOURCES',
} as const;

/** Variables of the Key Request function. */
export const KEY_REQUEST_VARIABLE = {
  ...EVERY_FUNCTION,
  nafFqdn: 'BMSC_NAF_FQDN',
  nonceSecretArn: 'BMSC_NONCE_SECRET_ARN',
  originSecretArn: 'BMSC_ORIGIN_SECRET_ARN',
  keyManagementPath: 'BMSC_KEY_MANAGEMENT_PATH',
  digestQop: 'BMSC_DIGEST_QOP',
  digestAlgorithms: 'BMSC_DIGEST_ALGORITHMS',
  nonceLifetimeSeconds: 'BMSC_NONCE_LIFETIME_S',
  uePort: 'BMSC_UE_PORT',
  /** A header by which a proxy before the gateway names requests; unset: no header is believed. */
  correlationHeader: 'BMSC_CORRELATION_HEADER',
  /** JSON (key-request/key-source-settings.ts); unset: keys come from the table alone. */
  keySources: 'BMSC_KEY_SOURCES',
  /** JSON (lib/key-management/payload/payload-profile.ts); unset: the default profile. */
  payloadProfile: 'BMSC_PAYLOAD_PROFILE',
  /** JSON (key-request/service-description.ts); unset: service descriptions are not served. */
  serviceDescription: 'BMSC_SERVICE_DESCRIPTION',
} as const;

/** Variables of the Key Rotation function. */
export const KEY_ROTATION_VARIABLE = {
  ...COMMANDED,
  eventBusArn: 'BMSC_EVENT_BUS_ARN',
  /** Requests that can't succeed go there. */
  deadLetterQueueUrl: 'BMSC_DEAD_LETTER_QUEUE_URL',
  scheduleGroup: 'BMSC_SCHEDULE_GROUP',
  scheduleRoleArn: 'BMSC_SCHEDULE_ROLE_ARN',
  leadTimeSeconds: 'BMSC_LEAD_TIME_S',
} as const;

/** Variables of the provisioning function. */
export const PROVISIONING_VARIABLE = {
  ...COMMANDED,
  deadLetterQueueUrl: KEY_ROTATION_VARIABLE.deadLetterQueueUrl,
} as const;

/** Variables of the function that exports keys. */
export const KEY_EXPORT_VARIABLE = {
  ...EVERY_FUNCTION,
  /** JSON of the recipients by their names (key-export/recipients.ts). */
  recipients: 'BMSC_KEY_RECIPIENTS',
} as const;

/** Variables of the function that feeds 5MBS. */
export const MBS_FEED_VARIABLE = {
  ...EVERY_FUNCTION,
  nafFqdn: KEY_REQUEST_VARIABLE.nafFqdn,
  /** JSON (mbs-feed/settings.ts). */
  mbs: 'BMSC_MBS',
} as const;

/** Variables of the function that takes notifications of an MB-SMF. */
export const MBS_STATUS_VARIABLE = {
  tableName: EVERY_FUNCTION.tableName,
  eventBusName: EVERY_FUNCTION.eventBusName,
} as const;

/** Variables of the Key Distribution function, the sender. */
export const SENDER_VARIABLE = {
  ...COMMANDED,
  nafFqdn: KEY_REQUEST_VARIABLE.nafFqdn,
  queueUrl: 'BMSC_QUEUE_URL',
  /** Messages that can't succeed go there. */
  deadLetterQueueUrl: 'BMSC_DEAD_LETTER_QUEUE_URL',
  udpAddresses: 'BMSC_UDP_ADDRESS',
  udpPort: 'BMSC_UDP_PORT',
  healthPort: 'BMSC_HEALTH_PORT',
  workers: 'BMSC_SENDER_WORKERS',
  native: 'BMSC_NATIVE',
  verification: 'BMSC_VERIFICATION',
  mskRand: 'BMSC_MSK_RAND',
  retransmissionTries: 'BMSC_RETRANSMISSION_TRIES',
  retransmissionFirstSeconds: 'BMSC_RETRANSMISSION_FIRST_S',
  perSecond: 'BMSC_PER_SECOND',
  perPrefixPerSecond: 'BMSC_PER_PREFIX_PER_SECOND',
  ipv4PrefixLength: 'BMSC_PREFIX_LENGTH_IPV4',
  ipv6PrefixLength: 'BMSC_PREFIX_LENGTH_IPV6',
  spreadSeconds: 'BMSC_PULL_SPREAD_S',
  pageUes: 'BMSC_PAGE_UES',
  maxUesInProgress: 'BMSC_MAX_UES_UNDER_WAY',
  visibilityTimeoutSeconds: 'BMSC_VISIBILITY_TIMEOUT_S',
  drainSeconds: 'BMSC_DRAIN_S',
  replays: 'BMSC_REPLAYS',
  /** Unset: the sender has no traces. */
  traceDaemon: 'AWS_XRAY_DAEMON_ADDRESS',
} as const;

/**
 * `NODE_OPTIONS` of the sender: the young generation of V8 holds what is read for some pages, in MiB. Most of
 * it is garbage before it would be copied.
 */
export const SENDER_NODE_OPTIONS = '--max-semi-space-size=32';

/** Variables of the metrics of every function. */
export const METRICS_VARIABLE = {
  /** Value of the dimension `deployment`, which keeps the metrics of two deployments in one account apart. */
  deployment: 'BMSC_DEPLOYMENT',
  /** `true`: MSKs are counted for each Key Domain, too. */
  byKeyDomain: 'BMSC_METRICS_BY_KEY_DOMAIN',
} as const;

/** Variables of traces. */
export const TRACING_VARIABLE = {
  /** `true`: the deployment has traces. */
  traces: 'BMSC_TRACES',
  /** Lambda's own: the trace of the invocation. */
  ofInvocation: '_X_AMZN_TRACE_ID',
  /** Where segments go. Lambda sets it in each function, and the stack in a sender that has traces. */
  daemonAddress: 'AWS_XRAY_DAEMON_ADDRESS',
} as const;

/** Variables of the service that asks BSFs over Zn. */
export const ZN_VARIABLE = {
  /** Our Origin-Host and Origin-Realm. */
  originHost: 'BMSC_ZN_ORIGIN_HOST',
  originRealm: 'BMSC_ZN_ORIGIN_REALM',
  /** Whether each task puts the name of its machine before the Origin-Host: a peer has one connection. */
  originPerTask: 'BMSC_ZN_ORIGIN_PER_TASK',
  /** The realm of the BSF; that of the origin unless set. */
  destinationRealm: 'BMSC_ZN_DESTINATION_REALM',
  destinationHost: 'BMSC_ZN_DESTINATION_HOST',
  /** JSON: one or two of `{ "address", "port", "identity" }`, the preferred one first. */
  peers: 'BMSC_ZN_PEERS',
  transport: 'BMSC_ZN_TRANSPORT',
  /** JSON of PEM texts `certificate`, `key`, `ca`, for TLS to the peers. */
  tls: 'BMSC_ZN_TLS',
  timeoutSeconds: 'BMSC_ZN_TIMEOUT_S',
  watchdogSeconds: 'BMSC_ZN_WATCHDOG_S',
  maxPending: 'BMSC_ZN_MAX_PENDING',
  httpAddress: 'BMSC_ZN_HTTP_ADDRESS',
  httpPort: 'BMSC_ZN_HTTP_PORT',
  /** JSON as that of `tls`, for TLS on the port of HTTP/2; with `ca`, clients must have a certificate. */
  httpTls: 'BMSC_ZN_HTTP_TLS',
  healthPort: SENDER_VARIABLE.healthPort,
  drainSeconds: SENDER_VARIABLE.drainSeconds,
} as const;

/** Variables of the traffic key service. */
export const TRAFFIC_VARIABLE = {
  ...EVERY_FUNCTION,
  /** JSON of the streams (traffic/streams.ts). */
  streams: 'BMSC_TRAFFIC_STREAMS',
  healthPort: SENDER_VARIABLE.healthPort,
} as const;

/** Variables that Powertools for AWS Lambda reads: logs and metrics. */
export const POWERTOOLS_VARIABLE = {
  serviceName: 'POWERTOOLS_SERVICE_NAME',
  metricsNamespace: 'POWERTOOLS_METRICS_NAMESPACE',
  logLevel: 'LOG_LEVEL',
} as const;

/** One of the constants above: by what each variable sets, its name. */
export type VariableNames = Readonly<Record<string, string>>;

/**
 * An environment that sets `values`, of the variables that `names` lists; those left out or undefined stay
 * unset.
 */
export function environmentOf<Names extends VariableNames>(
  names: Names,
  values: { readonly [Key in keyof Names]?: string | undefined },
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [key, name] of Object.entries(names)) {
    const value = values[key];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}
