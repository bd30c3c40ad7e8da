import { CodedError } from '../coded-error.ts';

/** What a `KeysError` can say. */
export type KeysErrorCode = 'bad-length' | 'bad-hex' | 'bad-plmn' | 'out-of-range';

/** An identifier or a key that does not have the form the standard gives it. Never holds octets of a key. */
export class KeysError extends CodedError<KeysErrorCode> {
  override readonly name = 'KeysError';
}
