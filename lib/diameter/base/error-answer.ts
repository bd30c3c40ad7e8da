import { type Avp, avpOfField } from '../avp/avp.ts';
import { AVP } from '../avp/dictionary.ts';
import { avp, optionalAvp, valuesOf } from '../avp/values.ts';
import { DiameterError } from '../errors.ts';
import { answerHeaderOf, type DiameterMessage } from '../message.ts';
import { type Origin, originAvps } from './origin.ts';

/** Why a request is refused. */
export interface Refusal {
  readonly resultCode: number;
  readonly message: string;
  /** The AVP that is missing or wrong, by its code with no data (RFC 6733 §7.5). */
  readonly failedAvp?: Avp | undefined;
}

/**
 * The answer that refuses a request (RFC 6733 §7.2): with the E flag for a protocol error, 3000 to 3999.
 * Session-Id and Proxy-Info are those of the request (§6.2).
 */
export function errorAnswer(
  request: DiameterMessage,
  origin: Origin,
  { resultCode, message, failedAvp }: Refusal,
): DiameterMessage {
  const isProtocolError = resultCode >= 3000 && resultCode < 4000;
  return {
    header: answerHeaderOf(request.header, isProtocolError),
    avps: [
      ...repeated(request, 'Session-Id'),
      avp('Result-Code', resultCode),
      ...originAvps(origin),
      avp('Error-Message', message),
      ...optionalAvp('Failed-AVP', failedAvp && [failedAvp]),
      ...repeated(request, 'Proxy-Info'),
    ],
  };
}

/** The refusal of a request that can't be read. */
export function refusalOf(error: DiameterError): Refusal {
  const failed = avpOfField(error.field);
  return { resultCode: error.resultCode, message: error.message, failedAvp: failed && emptyAvp(failed) };
}

/** AVPs of a request that its answer repeats as they are. */
export function repeated({ avps }: DiameterMessage, name: 'Session-Id' | 'Proxy-Info'): Avp[] {
  const { code, vendor } = AVP[name];
  return avps.filter((each) => each.code === code && each.vendor === vendor);
}

/** The text of Error-Message, cut to 200 characters and without control characters; for logs. */
export function errorMessageIn(avps: readonly Avp[]): string | undefined {
  try {
    return valuesOf(avps, 'Error-Message')[0]?.replace(/\p{C}/gu, '').slice(0, 200);
  } catch (error) {
    if (error instanceof DiameterError) return undefined;
    throw error;
  }
}

/** With zeros in place of data where the format has a fixed length, as §7.5 wants of a missing AVP. */
function emptyAvp({ code, vendor, format }: NonNullable<ReturnType<typeof avpOfField>>): Avp {
  const length = { Unsigned32: 4, Enumerated: 4, Time: 4 }[format as string] ?? 0;
  return { code, vendor, isMandatory: true, data: new Uint8Array(length) };
}
