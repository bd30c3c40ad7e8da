import * as v from 'valibot';
import { parseImpi } from '../../gba/impi.ts';
import { opcOf, type SimKeys } from '../../gba/milenage.ts';
import { SecretKey } from '../../keys/secret-key.ts';
import { UeError } from '../errors.ts';

const hex = (length: number) => v.pipe(v.string(), v.regex(new RegExp(`^([0-9a-f]{2}){${length}}$`, 'i')));
const key = (length: number) =>
  v.pipe(
    hex(length),
    v.transform((digits) => new SecretKey(Buffer.from(digits, 'hex'))),
  );

const impi = v.rawTransform<string, ReturnType<typeof parseImpi>>(({ dataset, addIssue, NEVER }) => {
  try {
    return parseImpi(dataset.value);
  } catch {
    addIssue({ message: 'malformed' });
    return NEVER;
  }
});

/** A SIM in a file of JSON: octets in hexadecimal digits, `opc` or `op`. */
export const simEntries = {
  impi: v.pipe(v.string(), impi),
  k: key(16),
  opc: v.optional(key(16)),
  op: v.optional(key(16)),
  sqn: v.optional(
    v.pipe(
      hex(6),
      v.transform((digits) => Number.parseInt(digits, 16)),
    ),
    '000000000000',
  ),
  amf: v.optional(hex(2), '8000'),
  gbaU: v.optional(v.boolean(), false),
  /** What a primary authentication in 5G left: it is not simulated. */
  akma: v.optional(
    v.object({
      supi: v.pipe(v.string(), v.minLength(1), v.maxLength(253)),
      kAusf: key(32),
      routingIndicator: v.pipe(v.string(), v.regex(/^\d{1,4}$/)),
      homeNetwork: v.pipe(v.string(), v.regex(/^[A-Za-z0-9.-]{1,160}$/)),
    }),
  ),
};

const simProfile = v.object(simEntries);

/** A SIM as its file has it. */
export type SimProfile = v.InferOutput<typeof simProfile>;

/** @throws UeError `bad-sim` that names the members at fault, and none of their values: one may be a key */
export function parseSimProfile(text: string): SimProfile {
  const profile = parsedJson(text, simProfile);
  simKeysOf(profile);
  return profile;
}

/** The SIMs of a file that has several, in an array. @throws as `parseSimProfile` */
export function parseSimProfiles(text: string): SimProfile[] {
  const profiles = parsedJson(text, v.array(simProfile));
  for (const profile of profiles) simKeysOf(profile);
  return profiles;
}

/** K and OPc; OPc is derived when the file has OP. @throws UeError `bad-sim` without either */
export function simKeysOf({ k, opc, op }: Pick<SimProfile, 'k' | 'opc' | 'op'>): SimKeys {
  if (opc !== undefined) return { k, opc };
  if (op !== undefined) return { k, opc: opcOf(k, op) };
  throw new UeError('bad-sim', 'a SIM needs opc or op');
}

/** Parses JSON by a schema. @throws UeError `bad-sim` */
export function parsedJson<const Schema extends v.GenericSchema>(
  text: string,
  schema: Schema,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, jsonOf(text));
  if (parsed.success) return parsed.output;
  const members = parsed.issues.map((issue) => v.getDotPath(issue) ?? 'the file');
  throw new UeError('bad-sim', `wrong or missing: ${[...new Set(members)].join(', ')}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The cause would quote the text.
    throw new UeError('bad-sim', 'the file is not JSON');
  }
}
