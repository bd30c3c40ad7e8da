/** What a `GbaError` can say. */
export type GbaErrorCode = 'bad-b-tid' | 'bad-impi' | 'bad-fqdn' | 'bad-length';

/** An identifier or key of GBA that has not its proper form. Never holds octets of a key. */
export class GbaError extends Error {
  override readonly name = 'GbaError';
  readonly code: GbaErrorCode;

  constructor(code: GbaErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
