import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ServiceDescriptionError } from '../../../lib/service-description/errors.ts';
import { decodeSecurityDescriptionJson } from '../../../lib/service-description/json.ts';
import {
  type BackOff,
  type SecurityDescription,
  waitOf,
} from '../../../lib/service-description/security-description.ts';
import { decodeSecurityDescriptionXml } from '../../../lib/service-description/xml.ts';
import { UsageError } from '../../errors.ts';
import type { Print } from '../../output.ts';
import type { UeOptions } from './options.ts';

/** Servers that a UE asks, and how long it waits before. */
export interface Servers {
  readonly url: URL;
  readonly others: readonly URL[];
  readonly backOff: BackOff | undefined;
}

/**
 * The server of `--url`, or those of the description: one of them at random first, so that UEs spread over
 * them.
 * @throws UsageError
 */
export function serversOf({ url, description }: Pick<UeOptions, 'url' | 'description'>): Servers {
  if (url !== undefined) return { url, others: [], backOff: undefined };
  if (description === undefined) throw new UsageError('give --url, or the --description of the User Service');
  const { servers, backOff } = readDescription(description);
  const all = servers.map((server) => new URL(server));
  const first = Math.floor(Math.random() * all.length);
  const [chosen, ...others] = [...all.slice(first), ...all.slice(0, first)];
  if (chosen === undefined) throw new UsageError(`${description} names no server`);
  return { url: chosen, others, backOff };
}

/** Waits for the back-off, and says so. */
export async function waitFor(backOff: BackOff | undefined, print: Print): Promise<void> {
  if (backOff === undefined) return;
  const ms = waitOf(backOff, Math.random());
  const { offsetTime, randomTimePeriod } = backOff;
  const seconds = Math.round(ms / 100) / 10;
  print(
    `waiting ${seconds} s, of ${offsetTime} to ${offsetTime + randomTimePeriod} s, as the description asks`,
    {
      event: 'back-off',
      seconds,
      offsetTime,
      randomTimePeriod,
    },
  );
  await delay(ms);
}

/** @throws UsageError for a file that can't be read or is no description */
function readDescription(file: string): SecurityDescription {
  try {
    const text = readFileSync(file, 'utf8');
    const isXml = text.trimStart().startsWith('<');
    return isXml ? decodeSecurityDescriptionXml(text) : decodeSecurityDescriptionJson(text);
  } catch (error) {
    if (error instanceof ServiceDescriptionError) throw new UsageError(`${file}: ${error.message}`);
    throw new UsageError(`--description ${file} can't be read: ${String(error)}`);
  }
}
