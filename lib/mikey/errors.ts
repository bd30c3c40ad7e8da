import { CodedError } from '../coded-error.ts';

/** What a `MikeyError` can say. */
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

/** Where in a message something is wrong; octets count from 0. */
export interface MikeyErrorPlace {
  readonly field: string;
  readonly offset?: number;
  readonly need?: number;
  readonly have?: number;
}

/** A MIKEY message that can't be read, made or trusted. Never holds octets of a key. */
export class MikeyError extends CodedError<MikeyErrorCode> {
  override readonly name = 'MikeyError';
  readonly field: string;
  readonly offset: number | undefined;
  readonly need: number | undefined;
  readonly have: number | undefined;

  constructor(code: MikeyErrorCode, { field, offset, need, have }: MikeyErrorPlace) {
    const at = offset === undefined ? '' : ` at octet ${offset}`;
    const size = need === undefined ? '' : `: needs ${need}, has ${have}`;
    super(code, `${code.replaceAll('-', ' ')}: ${field}${at}${size}`);
    this.field = field;
    this.offset = offset;
    this.need = need;
    this.have = have;
  }
}
