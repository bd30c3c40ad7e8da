import { CodedError } from '../lib/coded-error.ts';

/**
 * Why a function can't work:
 * `wrong-environment`: a variable is missing or wrong; `short-secret`: a secret has too few characters;
 * `wrong-secret`: a secret has another form; `worker-ended`: a worker of the sender died before all had
 * started.
 */
export type SetupErrorCode = 'wrong-environment' | 'short-secret' | 'wrong-secret' | 'worker-ended';

/** A function is not set up as it must be. */
export class SetupError extends CodedError<SetupErrorCode> {
  override readonly name = 'SetupError';
}
