import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import {
  PayloadProfileError,
  type PayloadProfileInput,
  parsePayloadProfile,
} from '../../lib/key-management/payload/payload-profile.ts';

/**
 * Octets of the profile in the function's environment at most: Lambda gives 4096 to all variables together.
 */
const MAX_LENGTH = 2500;

/**
 * Names and forms of the payloads of UEs: a payload profile, or the name of a JSON file that has one
 * (docs/payload-profile.md). What it leaves out is as in the default profile.
 */
export const payloadProfile = v.pipe(
  v.custom<PayloadProfileInput | string>(
    (input) => typeof input === 'string' || (typeof input === 'object' && input !== null),
    'a payload profile, or the name of a JSON file that has one',
  ),
  v.rawTransform(({ dataset, addIssue, NEVER }): PayloadProfileInput => {
    const { value } = dataset;
    try {
      const { $schema: _, ...profile } = typeof value === 'string' ? readProfile(value) : value;
      parsePayloadProfile(profile);
      const { length } = Buffer.from(JSON.stringify(profile));
      if (length <= MAX_LENGTH) return profile;
      addIssue({
        message: `at most ${MAX_LENGTH} octets of JSON, here are ${length}: leave out what is as in the default profile`,
      });
    } catch (error) {
      addIssue({ message: error instanceof Error ? error.message : String(error) });
    }
    return NEVER;
  }),
);

function readProfile(file: string): PayloadProfileInput {
  const profile: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof profile === 'object' && profile !== null && !Array.isArray(profile)) return profile;
  throw new PayloadProfileError('bad-profile', `the file ${file} has no JSON object`);
}
