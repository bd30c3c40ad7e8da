import * as v from 'valibot';

const whole = (min: number, max: number) =>
  v.pipe(
    v.number(),
    v.integer(),
    v.minValue(min, `from ${min} to ${max}`),
    v.maxValue(max, `from ${min} to ${max}`),
  );

const network = v.variant('type', [
  v.strictObject({
    type: v.literal('new'),
    maxAzs: v.optional(whole(1, 3), 2),
    natGateways: v.optional(whole(0, 3), 1),
  }),
  v.strictObject({
    type: v.literal('existing'),
    vpcId: v.string(),
    availabilityZones: v.pipe(v.array(v.string()), v.minLength(1)),
    privateSubnetIds: v.pipe(v.array(v.string()), v.minLength(1)),
  }),
]);

/** Everything an operator may set, in `cdk.json` under `context.bmsc`; each has a default that deploys. */
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
  digest: v.optional(
    v.strictObject({
      qop: v.optional(v.pipe(v.array(v.picklist(['auth', 'auth-int'])), v.minLength(1)), ['auth-int']),
      algorithms: v.optional(v.pipe(v.array(v.picklist(['MD5', 'SHA-256'])), v.minLength(1)), ['MD5']),
      nonceLifetimeSeconds: v.optional(whole(10, 86_400), 300),
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
      verificationTimeoutSeconds: v.optional(whole(1, 110), 10),
      /** Whether the current MSKs are sent at once to a UE that registers. */
      pushAtRegistration: v.optional(v.boolean(), true),
    }),
    {},
  ),
  sender: v.optional(
    v.strictObject({
      desiredCount: v.optional(whole(0, 100), 1),
      cpu: v.optional(v.picklist([256, 512, 1024, 2048, 4096]), 512),
      memoryMiB: v.optional(whole(512, 30_720), 1024),
      /** Whether events that an archive replays make it send again. */
      sendReplays: v.optional(v.boolean(), false),
    }),
    {},
  ),
  network: v.optional(network, { type: 'new' }),
  retention: v.optional(
    v.strictObject({
      /** `retain` keeps table and keys when the stacks are deleted. */
      data: v.optional(v.picklist(['retain', 'destroy']), 'retain'),
      logDays: v.optional(v.picklist([1, 3, 5, 7, 14, 30, 60, 90, 180, 365]), 30),
    }),
    {},
  ),
});

/** The settings with their defaults filled in. */
export type Settings = v.InferOutput<typeof settings>;

/** A wrong setting; the message names it and says what it takes. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** @throws SettingsError */
export function parseSettings(input: unknown): Settings {
  const parsed = v.safeParse(settings, input ?? {});
  if (parsed.success) return parsed.output;
  const wrong = parsed.issues.map((issue) => `setting "bmsc.${v.getDotPath(issue) ?? ''}": ${issue.message}`);
  throw new SettingsError(wrong.join('\n'));
}
