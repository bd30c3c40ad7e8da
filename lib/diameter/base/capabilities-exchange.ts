import type { Avp } from '../avp/avp.ts';
import { avp, optionalAvp, requiredIn, valueIn, valuesOf } from '../avp/values.ts';
import { APPLICATION, COMMAND, VENDOR } from '../constants.ts';
import { answerHeaderOf, type DiameterMessage } from '../message.ts';
import { authApplicationsIn, znApplicationAvp } from './application-id.ts';
import { type MessageIds, type Origin, originAvps, originIn, requestHeader } from './origin.ts';
import { type DiameterResult, resultAvp, resultIn } from './result.ts';

/** What a peer says of itself when a connection starts (RFC 6733 §5.3). */
export interface Capabilities {
  readonly origin: Origin;
  /** At least one; addresses of families other than IP are left out. */
  readonly hostIpAddresses: readonly string[];
  readonly vendorId: number;
  readonly productName: string;
  /** Changes when the peer has restarted (§8.16). */
  readonly originStateId?: number | undefined;
  /** Application-IDs for authentication. */
  readonly authApplications: readonly number[];
}

/** What we say of ourselves; the applications are Zn alone. */
export type OwnCapabilities = Omit<Capabilities, 'authApplications'>;

/** Capabilities-Exchange-Request. @throws DiameterError `bad-value` */
export function capabilitiesRequest(ids: MessageIds, own: OwnCapabilities): DiameterMessage {
  return {
    header: requestHeader(ids, COMMAND.CAPABILITIES_EXCHANGE, APPLICATION.BASE),
    avps: capabilityAvps(own),
  };
}

/** Capabilities-Exchange-Answer. @throws DiameterError `bad-value` */
export function capabilitiesAnswer(
  request: DiameterMessage,
  result: DiameterResult,
  own: OwnCapabilities,
): DiameterMessage {
  return { header: answerHeaderOf(request.header), avps: [resultAvp(result), ...capabilityAvps(own)] };
}

/** Reads a Capabilities-Exchange-Request. @throws DiameterError */
export function readCapabilities({ avps }: DiameterMessage): Capabilities {
  const originStateId = valueIn(avps, 'Origin-State-Id');
  requiredAddress(avps);
  return {
    origin: originIn(avps),
    hostIpAddresses: valuesOf(avps, 'Host-IP-Address').filter((address) => address !== undefined),
    vendorId: requiredIn(avps, 'Vendor-Id'),
    productName: requiredIn(avps, 'Product-Name'),
    originStateId,
    authApplications: authApplicationsIn(avps),
  };
}

/**
 * Reads a Capabilities-Exchange-Answer; without its capabilities when the peer refuses.
 * @throws DiameterError
 */
export function readCapabilitiesAnswer(
  message: DiameterMessage,
): { readonly result: DiameterResult } & Partial<Capabilities> {
  const result = resultIn(message.avps);
  return result.kind === 'base' && result.code === 2001
    ? { result, ...readCapabilities(message) }
    : { result };
}

/** Both applications by which peers look for Zn: with its vendor, as TS 29.109 has it, and on its own. */
function capabilityAvps(own: OwnCapabilities): Avp[] {
  return [
    ...originAvps(own.origin),
    ...own.hostIpAddresses.map((address) => avp('Host-IP-Address', address)),
    avp('Vendor-Id', own.vendorId),
    avp('Product-Name', own.productName),
    ...optionalAvp('Origin-State-Id', own.originStateId),
    avp('Supported-Vendor-Id', VENDOR['3GPP']),
    avp('Auth-Application-Id', APPLICATION.ZN),
    znApplicationAvp(),
  ];
}

/** One Host-IP-Address at least, of whatever family. @throws DiameterError `missing-avp` */
function requiredAddress(avps: readonly Avp[]): void {
  if (valuesOf(avps, 'Host-IP-Address').length === 0) requiredIn(avps, 'Host-IP-Address');
}
