import * as v from 'valibot';

const whole = (min: number, max: number) =>
  v.pipe(v.string(), v.toNumber(), v.integer(), v.minValue(min), v.maxValue(max));
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
  BMSC_VERIFICATION: v.optional(flag, 'true'),
  BMSC_VERIFICATION_TIMEOUT_S: v.optional(whole(1, 3600), '10'),
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
  readonly verification: boolean;
  readonly verificationTimeoutMs: number;
  /** Whether events that an archive replays are acted on. */
  readonly sendReplays: boolean;
}

/** @throws ValiError that names the variable and what it takes */
export function parseEnvironment(env: NodeJS.ProcessEnv): SenderSettings {
  const parsed = v.parse(environment, env);
  return {
    tableName: parsed.BMSC_TABLE_NAME,
    keyArn: parsed.BMSC_KEY_ARN,
    eventBusName: parsed.BMSC_EVENT_BUS_NAME,
    queueUrl: parsed.BMSC_QUEUE_URL,
    nafFqdn: parsed.BMSC_NAF_FQDN,
    udpAddresses: parsed.BMSC_UDP_ADDRESS,
    udpPort: parsed.BMSC_UDP_PORT,
    healthPort: parsed.BMSC_HEALTH_PORT,
    verification: parsed.BMSC_VERIFICATION,
    verificationTimeoutMs: parsed.BMSC_VERIFICATION_TIMEOUT_S * 1000,
    sendReplays: parsed.BMSC_REPLAYS === 'send',
  };
}
