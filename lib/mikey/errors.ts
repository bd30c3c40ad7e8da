import { CodedError } from '../coded-error.ts';

/** The codes of a `MikeyError`. */
export type MikeyErrorCode =
  | 'truncated'
  | 'trailing-octets'
  | 'unknown-version'
  | 'unknown-data-type'
  | 'unknown-prf'
  | 'unknown-payload'
  | 'unknown-algorithm'
  | 'unknown-type'
  | 'duplicate-payload'
  | 'missing-payload'
  | 'misplaced-payload'
  | 'bad-value'
  | 'auth-failure';

/**
 * The position of a fault in a message: the field, and the octet counted from 0; octets needed and octets
 * there.
 */
export interface MikeyErrorPosition {
  readonly field: string;
  readonly offset?: number;
  readonly need?: number;
  readonly have?: number;
}

/** A MIKEY message that can't be decoded, encoded or authenticated. Never holds octets of a key. */
export class MikeyError extends CodedError<MikeyErrorCode> {
  override readonly name = 'MikeyError';
  readonly field: string;
  readonly offset: number | undefined;
  readonly need: number | undefined;
  readonly have: number | undefined;

  constructor(code: MikeyErrorCode, { field, offset, need, have }: MikeyErrorPosition) {
    const at = offset === undefined ? '' : ` at octet ${offset}`;
    const size = need === undefined ? '' : `: needs ${need}, has ${have}`;
    super(code, `${code.replaceAll('-', ' ')}: ${field}${at}${size}`);
    this.field = field;
    this.offset = offset;
    this.need = need;
    this.have = have;
  }
}
