import { CodedError } from '../coded-error.ts';

/** What a body of Naanf_AKMA is wrong in. */
export type NaanfErrorCode = 'malformed';

/** A body of Naanf_AKMA that breaks its definition. The message never has a key in it. */
export class NaanfError extends CodedError<NaanfErrorCode> {
  override readonly name = 'NaanfError';
}
