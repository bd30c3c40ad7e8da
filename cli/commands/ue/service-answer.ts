import type { ServiceAnswer } from '../../../lib/ue/key-requests.ts';
import { EXIT } from '../../errors.ts';
import type { Print } from '../../output.ts';
import { type Meanings, OF_DEREGISTRATION, OF_REGISTRATION, textOfCode } from './response-code.ts';

/** Prints what the BM-SC answered to a registration, and sets the exit code. */
export function printRegistered(print: Print, answers: readonly ServiceAnswer[]): void {
  printServiceAnswers(print, answers, OF_REGISTRATION);
}

/** Prints what the BM-SC answered to a deregistration, and sets the exit code. */
export function printDeregistered(print: Print, answers: readonly ServiceAnswer[]): void {
  printServiceAnswers(print, answers, OF_DEREGISTRATION);
}

/** 0 when all was done, 3 when a part of it was, 1 when nothing was. */
export function exitCodeOfParts(done: number, all: number): number {
  if (done === all) return 0;
  return done === 0 ? EXIT.failed : EXIT.partly;
}

function printServiceAnswers(print: Print, answers: readonly ServiceAnswer[], meanings: Meanings): void {
  for (const answer of answers) {
    const { serviceId, responseCode } = answer;
    print(`${serviceId}: ${textOfCode(responseCode, meanings)}`, { ...answer });
  }
  const done = answers.filter(({ responseCode }) => responseCode === 200).length;
  process.exitCode = exitCodeOfParts(done, answers.length);
}
