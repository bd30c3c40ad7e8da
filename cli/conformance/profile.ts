import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parseBtid } from '../../lib/gba/btid.ts';
import {
  type PayloadProfile,
  type PayloadProfileInput,
  parsePayloadProfile,
} from '../../lib/key-management/payload/payload-profile.ts';
import { keyDomainIdOfText } from '../../lib/keys/key-domain-id.ts';
import { parseKeyGroup, parseMskId } from '../../lib/keys/msk-id.ts';
import { timeOfText } from '../arguments.ts';
import { UsageError } from '../errors.ts';
import { parseKeySource } from '../key-source.ts';

/** A text that a parser turns into a value; its message says what is wrong. */
function parsed<T>(parse: (text: string) => T) {
  return v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }): T => {
      try {
        return parse(dataset.value);
      } catch (error) {
        addIssue({ message: error instanceof Error ? error.message : String(error) });
        return NEVER;
      }
    }),
  );
}

const keyGroup = parsed((text) => {
  const [domain = '', group = ''] = text.split('/');
  return { keyDomainId: keyDomainIdOfText(domain), keyGroup: parseKeyGroup(group) };
});
const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(10), v.maxValue(3_600_000));
const command = v.pipe(v.array(v.string()), v.minLength(1));

const payloadProfile = v.pipe(
  v.custom<PayloadProfileInput>((input) => typeof input === 'object' && input !== null, 'a payload profile'),
  v.rawTransform(({ dataset, addIssue, NEVER }): PayloadProfile => {
    try {
      return parsePayloadProfile(dataset.value);
    } catch (error) {
      addIssue({ message: error instanceof Error ? error.message : String(error) });
      return NEVER;
    }
  }),
);

const profileSchema = v.strictObject({
  $schema: v.optional(v.string()),
  services: v.strictObject({
    /** The test subscriber has a subscription to it. */
    subscribed: v.string(),
    /** Exists, without a subscription of the test subscriber. */
    notSubscribed: v.optional(v.string()),
    unknown: v.optional(v.string(), 'urn:bmsc:conformance:no-such-service'),
  }),
  keys: v.strictObject({
    /** The Key Group of `subscribed`: `001-01/0001`. */
    granted: keyGroup,
    /** The MSK ID of an MSK of that Key Group that can be asked for by its Key Number. */
    specific: v.optional(parsed(parseMskId)),
    /** The Key Group of `notSubscribed`. */
    refused: v.optional(keyGroup),
  }),
  times: v.optional(
    v.strictObject({
      /** A granted MSK comes within this time, in ms. */
      delivery: v.optional(milliseconds, 5000),
      /** What has not come in this time does not come, in ms. */
      quiet: v.optional(milliseconds, 1500),
      /** A message that is not verified is repeated within this time, in ms. */
      repeat: v.optional(milliseconds, 5000),
    }),
    {},
  ),
  /** Lifetime of a nonce in ms: with it, the answer to an old one is looked at. */
  nonceLifetime: v.optional(milliseconds),
  /** What the standard leaves open, or nobody here could read. */
  options: v.optional(
    v.strictObject({
      qopAuth: v.optional(v.boolean(), false),
      mskAtRegistration: v.optional(v.boolean(), true),
      verification: v.optional(v.boolean(), true),
      /** The BSF gives temporary identities, as those of Release 8 and later do. */
      tmpi: v.optional(v.boolean(), false),
    }),
    {},
  ),
  /** A payload profile: names and forms of payloads. */
  payloads: v.optional(payloadProfile, {}),
  /** Commands that make the BM-SC act on the test subscriber. */
  stimuli: v.optional(v.strictObject({ push: v.optional(command), solicit: v.optional(command) }), {}),
  /** A second subscriber with the same subscription, whose keys end soon. */
  expiring: v.optional(
    v.strictObject({
      bTid: parsed(parseBtid),
      ksNaf: parsed(parseKeySource),
      expiresAt: parsed(timeOfText),
      solicit: v.optional(command),
      push: v.optional(command),
    }),
  ),
});

/** What a tester says about the system under test: what it has, and what the standard leaves open. */
export type ConformanceProfile = v.InferOutput<typeof profileSchema>;

/** Checks a profile. @throws UsageError that names what is wrong in it */
export function conformanceProfileOf(value: unknown, name: string): ConformanceProfile {
  const result = v.safeParse(profileSchema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue) ?? 'the whole';
  throw new UsageError(`${name}: ${path}: ${issue.message}`);
}

/** Reads a profile from a JSON file. @throws UsageError */
export function readConformanceProfile(file: string): ConformanceProfile {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new UsageError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return conformanceProfileOf(value, file);
}
