import type { ServiceAnswer } from '../../../lib/ue/key-requests.ts';
import { EXIT } from '../../errors.ts';
import type { Print } from '../../output.ts';

const WORDS: Readonly<Record<number, string>> = {
  200: 'registered',
  403: 'not subscribed',
  404: 'no such User Service',
};

/** Prints what the BM-SC answered for a User Service, and sets the exit code when it was refused. */
export function printServiceAnswer(print: Print, answer: ServiceAnswer): void {
  const { serviceId, responseCode } = answer;
  const words = WORDS[responseCode];
  print(`${serviceId}: ${responseCode}${words === undefined ? '' : ` ${words}`}`, { ...answer });
  if (responseCode !== 200) process.exitCode = EXIT.failed;
}
