import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { KeyIdentification } from '../../../lib/key-management/payload/msk-request.ts';
import { CURRENT_KEY_NUMBER, formatMskId } from '../../../lib/keys/msk-id.ts';
import type { MskAnswer } from '../../../lib/ue/key-requests.ts';
import type { Ue } from '../../../lib/ue/ue.ts';
import { parseKeyIdentifications, parseSeconds } from '../../arguments.ts';
import { CliError, PartlyError } from '../../errors.ts';
import type { Print } from '../../output.ts';
import { type UeOptions, withUeExample, withUeOptions } from './options.ts';
import { OF_MSK_REQUEST, textOfCode } from './response-code.ts';
import { exitCodeOfParts } from './service-answer.ts';
import { withUe } from './with-ue.ts';

export const MSK_OPTION = [
  '--msk <domain/mskId>',
  'an MSK to ask for, e.g. 00f110/00010000 for the current one; repeatable',
  parseKeyIdentifications,
] as const;

/** `bmsc ue request` */
export function addRequestCommand(ue: Command): void {
  const command = ue.command('request').description('ask for MSKs and wait until they arrive');
  withUeOptions(command)
    .requiredOption(...MSK_OPTION)
    .option('--wait <seconds>', 'how long to wait for the MSKs', parseSeconds, 10)
    .action(request);
  withUeExample(command, 'request --msk 001-01/00010000');
}

function request(
  options: UeOptions & { readonly msk: KeyIdentification[]; readonly wait: number },
): Promise<void> {
  return withUe(options, (ue, print) => requestAndWait(ue, print, options.msk, options.wait));
}

/** Prints what the BM-SC answered for an MSK. */
export function printMskAnswer(print: Print, { keyDomainId, mskId: id, responseCode }: MskAnswer): void {
  const mskId = formatMskId(id);
  print(`${keyDomainId}/${mskId}: ${textOfCode(responseCode, OF_MSK_REQUEST)}`, {
    keyDomainId,
    mskId,
    responseCode,
  });
}

async function requestAndWait(
  ue: Ue,
  print: Print,
  keys: readonly KeyIdentification[],
  wait: number,
): Promise<void> {
  const answers = await ue.requestMsks(keys);
  for (const answer of answers) printMskAnswer(print, answer);
  const granted = answers.filter(({ responseCode }) => responseCode === 200);
  const deadline = Date.now() + wait * 1000;
  const missing = () => granted.filter((key) => !isHeld(ue, key)).length;
  while (missing() > 0 && Date.now() < deadline) await delay(20);
  const arrived = granted.length - missing();
  process.exitCode = exitCodeOfParts(arrived, answers.length);
  if (arrived === granted.length) return;
  const message = `${missing()} of ${granted.length} granted MSKs did not arrive in ${wait} s`;
  throw arrived === 0 ? new CliError(message) : new PartlyError(message);
}

/** Key Number 0x0 asks for the current MSK, whichever it is: any MSK of its Key Group answers it. */
function isHeld(ue: Ue, { keyDomainId, mskId }: KeyIdentification): boolean {
  if (mskId.keyNumber !== CURRENT_KEY_NUMBER) return ue.ring.find(keyDomainId, mskId) !== undefined;
  return ue.ring
    .list()
    .some((held) => held.keyDomainId === keyDomainId && held.mskId.keyGroup === mskId.keyGroup);
}
