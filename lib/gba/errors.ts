import { CodedError } from '../coded-error.ts';

/** What a `GbaError` can say. */
export type GbaErrorCode = 'bad-b-tid' | 'bad-impi' | 'bad-fqdn' | 'bad-length' | 'bad-sqn' | 'bad-a-kid';

/** An identifier or key of GBA that has not its proper form. Never holds octets of a key. */
export class GbaError extends CodedError<GbaErrorCode> {
  override readonly name = 'GbaError';
}
