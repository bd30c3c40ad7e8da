import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import {
  type PayloadProfile,
  PayloadProfileError,
  parsePayloadProfile,
} from '../lib/key-management/payload/payload-profile.ts';

/** A payload profile that a file has. */
export interface GivenPayloadProfile {
  readonly profile: PayloadProfile;
  /** The same as JSON in one line, for the environment of the Key Request function. */
  readonly text: string;
}

/** Reads the payload profile of a JSON file. @throws InvalidArgumentError that names file and member */
export function readPayloadProfile(file: string): GivenPayloadProfile {
  try {
    const input: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return { profile: parsePayloadProfile(input), text: JSON.stringify(input) };
  } catch (error) {
    const isWrong = error instanceof PayloadProfileError || error instanceof SyntaxError;
    if (!isWrong && !(error instanceof Error && 'syscall' in error)) throw error;
    throw new InvalidArgumentError(`${file}: ${error.message}`);
  }
}

/** The option of commands that send or take payloads. */
export const PAYLOAD_PROFILE_OPTION = [
  '--payload-profile <file>',
  'in JSON: names and forms of the payloads, where they are not the default ones',
  readPayloadProfile,
] as const;
