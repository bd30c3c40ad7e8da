import type { ServiceAnswer } from '../../../lib/ue/key-requests.ts';
import { EXIT } from '../../errors.ts';
import type { Print } from '../../output.ts';

/** What the response codes other than 200 mean to a person, by the procedure that is answered. */
const REGISTRATION: Readonly<Record<number, string>> = { 403: 'not subscribed', 404: 'no such User Service' };
const DEREGISTRATION: Readonly<Record<number, string>> = { 404: 'was not registered' };

/** Prints what the BM-SC answered to a registration, and sets the exit code. */
export function printRegistered(print: Print, answers: readonly ServiceAnswer[]): void {
  printServiceAnswers(print, answers, { 200: 'registered', ...REGISTRATION });
}

/** Prints what the BM-SC answered to a deregistration, and sets the exit code. */
export function printDeregistered(print: Print, answers: readonly ServiceAnswer[]): void {
  printServiceAnswers(print, answers, { 200: 'deregistered', ...DEREGISTRATION });
}

/** 0 when all was done, 3 when a part of it was, 1 when nothing was. */
export function exitCodeOfParts(done: number, all: number): number {
  if (done === all) return 0;
  return done === 0 ? EXIT.failed : EXIT.partly;
}

function printServiceAnswers(
  print: Print,
  answers: readonly ServiceAnswer[],
  words: Readonly<Record<number, string>>,
): void {
  for (const answer of answers) {
    const { serviceId, responseCode } = answer;
    const meaning = words[responseCode];
    print(`${serviceId}: ${responseCode}${meaning === undefined ? '' : ` ${meaning}`}`, { ...answer });
  }
  const done = answers.filter(({ responseCode }) => responseCode === 200).length;
  process.exitCode = exitCodeOfParts(done, answers.length);
}
