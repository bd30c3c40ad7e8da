import type { Avp } from '../avp/avp.ts';
import { avp, requiredIn, valueIn } from '../avp/values.ts';
import { RESULT_CODE, VENDOR } from '../constants.ts';
import { DiameterError } from '../errors.ts';

/** The result in an answer (RFC 6733 §7): a code of the base protocol, or one of a vendor's application. */
export type DiameterResult =
  | { readonly kind: 'base'; readonly code: number }
  | { readonly kind: 'experimental'; readonly vendor: number; readonly code: number };

export const SUCCESS: DiameterResult = { kind: 'base', code: RESULT_CODE.SUCCESS };

/** Whether a result is one of 2001 to 2999. */
export function isSuccess({ kind, code }: DiameterResult): boolean {
  return kind === 'base' && code >= 2000 && code < 3000;
}

/** Whether a result is an experimental one of 3GPP with this code. */
export function is3gppResult(result: DiameterResult, code: number): boolean {
  return result.kind === 'experimental' && result.vendor === VENDOR['3GPP'] && result.code === code;
}

/**
 * The result of an answer.
 * @throws DiameterError `missing-avp` without either AVP, `repeated-avp` with both
 */
export function resultIn(avps: readonly Avp[]): DiameterResult {
  const base = valueIn(avps, 'Result-Code');
  const experimental = valueIn(avps, 'Experimental-Result');
  if (experimental === undefined) return { kind: 'base', code: requiredIn(avps, 'Result-Code') };
  if (base !== undefined) throw new DiameterError('repeated-avp', { field: 'Result-Code' });
  return {
    kind: 'experimental',
    vendor: requiredIn(experimental, 'Vendor-Id'),
    code: requiredIn(experimental, 'Experimental-Result-Code'),
  };
}

/** Result-Code or Experimental-Result. @throws DiameterError `bad-value` */
export function resultAvp(result: DiameterResult): Avp {
  if (result.kind === 'base') return avp('Result-Code', result.code);
  return avp('Experimental-Result', [
    avp('Vendor-Id', result.vendor),
    avp('Experimental-Result-Code', result.code),
  ]);
}
