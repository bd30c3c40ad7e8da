import { CodedError } from '../coded-error.ts';

/** What a body of Nbsp_GBA is wrong in. */
export type NbspErrorCode = 'malformed' | 'missing-keys' | 'expired';

/** A body of Nbsp_GBA that breaks its definition, or answers nonsense. The message never has a key in it. */
export class NbspError extends CodedError<NbspErrorCode> {
  override readonly name = 'NbspError';
}

/** A body that breaks its schema. @param message names the members at fault */
export function malformed(message: string): NbspError {
  return new NbspError('malformed', message);
}
