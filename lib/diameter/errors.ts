import { CodedError } from '../coded-error.ts';
import { RESULT_CODE } from './constants.ts';

/** The codes of a `DiameterError`, each with the Result-Code that answers a request with that fault. */
export const DIAMETER_FAULTS = {
  truncated: RESULT_CODE.INVALID_AVP_LENGTH,
  'bad-message-length': RESULT_CODE.INVALID_MESSAGE_LENGTH,
  'too-long': RESULT_CODE.INVALID_MESSAGE_LENGTH,
  'unknown-version': RESULT_CODE.UNSUPPORTED_VERSION,
  'bad-header-bits': RESULT_CODE.INVALID_HDR_BITS,
  'bad-avp-length': RESULT_CODE.INVALID_AVP_LENGTH,
  'unknown-avp': RESULT_CODE.AVP_UNSUPPORTED,
  'bad-value': RESULT_CODE.INVALID_AVP_VALUE,
  'missing-avp': RESULT_CODE.MISSING_AVP,
  'repeated-avp': RESULT_CODE.AVP_OCCURS_TOO_MANY_TIMES,
  'unexpected-command': RESULT_CODE.COMMAND_UNSUPPORTED,
} as const;

/** The codes of a `DiameterError`. */
export type DiameterErrorCode = keyof typeof DIAMETER_FAULTS;

/**
 * The position of a fault in a message: the field, and the octet counted from 0; octets needed and octets
 * there.
 */
export interface DiameterErrorPosition {
  readonly field: string;
  readonly offset?: number;
  readonly need?: number;
  readonly have?: number;
  readonly cause?: unknown;
}

/** A Diameter message that can't be decoded or encoded. Never holds octets of an AVP, which may be a key. */
export class DiameterError extends CodedError<DiameterErrorCode> {
  override readonly name = 'DiameterError';
  readonly field: string;
  readonly offset: number | undefined;
  readonly need: number | undefined;
  readonly have: number | undefined;

  constructor(code: DiameterErrorCode, { field, offset, need, have, cause }: DiameterErrorPosition) {
    const at = offset === undefined ? '' : ` at octet ${offset}`;
    const size = need === undefined ? '' : `: needs ${need}, has ${have}`;
    super(
      code,
      `${code.replaceAll('-', ' ')}: ${field}${at}${size}`,
      cause === undefined ? undefined : { cause },
    );
    this.field = field;
    this.offset = offset;
    this.need = need;
    this.have = have;
  }

  /** The Result-Code that answers a request with this fault (RFC 6733 §7.1). */
  get resultCode(): number {
    return DIAMETER_FAULTS[this.code];
  }
}
