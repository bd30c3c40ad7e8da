import { SecretKey } from '../../keys/secret-key.ts';
import { type Avp, refuseUnknown } from '../avp/avp.ts';
import { avp, optionalAvp, requiredIn, valueIn, valuesOf } from '../avp/values.ts';
import { authApplicationsIn, znApplicationAvp } from '../base/application-id.ts';
import { repeated } from '../base/error-answer.ts';
import { type MessageIds, type Origin, originAvps, originIn, requestHeader } from '../base/origin.ts';
import { type DiameterResult, isSuccess, resultAvp, resultIn, SUCCESS } from '../base/result.ts';
import { APPLICATION, COMMAND, GBA_TYPE, GBA_U_AWARENESS, nameIn } from '../constants.ts';
import { DiameterError } from '../errors.ts';
import type { Header } from '../header.ts';
import { answerHeaderOf, type DiameterMessage } from '../message.ts';
import { decodeUssList, encodeUssList, type UserSecuritySetting } from './user-security-settings.ts';

/** A Bootstrapping-Info-Request (TS 29.109 §6.2.1): a NAF asks the BSF for the keys of a B-TID. */
export interface BootstrappingInfoRequest {
  /** `DiameterIdentity;high 32 bits;low 32 bits` (RFC 6733 §8.8). */
  readonly sessionId: string;
  readonly origin: Origin;
  readonly destinationRealm: string;
  readonly destinationHost?: string | undefined;
  /** GAA service identifiers whose user security settings are asked for; MBMS is 4. */
  readonly gsIds: readonly number[];
  /** The octets of its text go out. */
  readonly bTid: string;
  /** FQDN of the NAF that the UE uses, then the Ua security protocol identifier of 5 octets. */
  readonly nafId: Uint8Array;
  readonly isGbaUAware: boolean;
}

/** The keys in a Bootstrapping-Info-Answer (TS 29.109 §6.2.2). Times in ms since the epoch. */
export interface BootstrappingInfo {
  /** The text of User-Name as it came; undefined when the BSF names no subscriber. */
  readonly impi: string | undefined;
  /** Ks_NAF of GBA_ME, or Ks_ext_NAF of GBA_U, 32 octets. */
  readonly meKeyMaterial: SecretKey;
  /** Ks_int_NAF, 32 octets. */
  readonly uiccKeyMaterial: SecretKey | undefined;
  readonly expiresAt: number | undefined;
  readonly bootstrappedAt: number | undefined;
  readonly gbaType: keyof typeof GBA_TYPE | undefined;
  readonly userSecuritySettings: readonly UserSecuritySetting[];
}

/** What a BSF answers: keys, or a result that is no success. */
export type BootstrappingInfoAnswer =
  | { readonly kind: 'found'; readonly info: BootstrappingInfo }
  | { readonly kind: 'refused'; readonly result: DiameterResult };

/** Octets of a key on Zn. Derived [D], docs/conformance.md: that of the KDF's output. */
export const KEY_LENGTH = 32;

/** The header of a request for keys. @param isRetransmission whether a peer may have it already */
export function bootstrappingInfoHeader(ids: MessageIds, isRetransmission: boolean): Header {
  return { ...requestHeader(ids, COMMAND.BOOTSTRAPPING_INFO, APPLICATION.ZN), isRetransmission };
}

/** The AVPs of a Bootstrapping-Info-Request. @throws DiameterError `bad-value` */
export function bootstrappingInfoAvps(request: BootstrappingInfoRequest): Avp[] {
  return [
    avp('Session-Id', request.sessionId),
    znApplicationAvp(),
    ...originAvps(request.origin),
    avp('Destination-Realm', request.destinationRealm),
    ...optionalAvp('Destination-Host', request.destinationHost),
    ...request.gsIds.map((gsId) => avp('GAA-Service-Identifier', Buffer.from(String(gsId)))),
    avp('Transaction-Identifier', Buffer.from(request.bTid)),
    avp('NAF-Id', request.nafId),
    ...(request.isGbaUAware ? [avp('GBA_U-Awareness-Indicator', GBA_U_AWARENESS.YES)] : []),
  ];
}

/** Reads a Bootstrapping-Info-Request, as a BSF does. @throws DiameterError */
export function readBootstrappingInfoRequest({ avps }: DiameterMessage): BootstrappingInfoRequest {
  refuseUnknown(avps);
  if (!authApplicationsIn(avps).includes(APPLICATION.ZN))
    throw new DiameterError('missing-avp', { field: 'Vendor-Specific-Application-Id' });
  return {
    sessionId: requiredIn(avps, 'Session-Id'),
    origin: originIn(avps),
    destinationRealm: requiredIn(avps, 'Destination-Realm'),
    destinationHost: valueIn(avps, 'Destination-Host'),
    gsIds: valuesOf(avps, 'GAA-Service-Identifier').map(gsIdOf),
    bTid: Buffer.from(requiredIn(avps, 'Transaction-Identifier')).toString('latin1'),
    nafId: requiredIn(avps, 'NAF-Id'),
    isGbaUAware: valueIn(avps, 'GBA_U-Awareness-Indicator') === GBA_U_AWARENESS.YES,
  };
}

/** Bootstrapping-Info-Answer. @throws DiameterError `bad-value` */
export function bootstrappingInfoAnswer(
  request: DiameterMessage,
  origin: Origin,
  answer: BootstrappingInfoAnswer,
): DiameterMessage {
  return {
    header: answerHeaderOf(request.header),
    avps: [
      ...repeated(request, 'Session-Id'),
      znApplicationAvp(),
      resultAvp(answer.kind === 'found' ? SUCCESS : answer.result),
      ...originAvps(origin),
      ...(answer.kind === 'found' ? infoAvps(answer.info) : []),
      ...repeated(request, 'Proxy-Info'),
    ],
  };
}

/**
 * Reads the answer to a Bootstrapping-Info-Request, as a NAF does.
 * @param sessionId that of the request
 * @throws DiameterError when it can't be read or belongs to another session
 */
export function readBootstrappingInfoAnswer(
  { header, avps }: DiameterMessage,
  sessionId: string,
): BootstrappingInfoAnswer {
  if (header.isRequest || header.command !== COMMAND.BOOTSTRAPPING_INFO)
    throw new DiameterError('unexpected-command', { field: 'command code' });
  // An agent that reports a protocol error may have been unable to read the Session-Id.
  const session = header.isError ? valueIn(avps, 'Session-Id') : requiredIn(avps, 'Session-Id');
  if (session !== undefined && session !== sessionId)
    throw new DiameterError('bad-value', { field: 'Session-Id' });
  const result = resultIn(avps);
  if (header.isError || !isSuccess(result)) return { kind: 'refused', result };
  refuseUnknown(avps);
  return { kind: 'found', info: infoIn(avps) };
}

function infoAvps(info: BootstrappingInfo): Avp[] {
  const { meKeyMaterial, uiccKeyMaterial, gbaType, userSecuritySettings } = info;
  return [
    ...optionalAvp('User-Name', info.impi),
    avp('ME-Key-Material', meKeyMaterial.exposeOctets()),
    ...optionalAvp('UICC-Key-Material', uiccKeyMaterial?.exposeOctets()),
    ...optionalAvp('Key-ExpiryTime', info.expiresAt),
    ...optionalAvp('BootstrapInfoCreationTime', info.bootstrappedAt),
    ...(userSecuritySettings.length === 0
      ? []
      : [avp('GBA-UserSecSettings', encodeUssList(userSecuritySettings))]),
    ...optionalAvp('GBA-Type', gbaType && GBA_TYPE[gbaType]),
  ];
}

function infoIn(avps: readonly Avp[]): BootstrappingInfo {
  const uicc = valueIn(avps, 'UICC-Key-Material');
  const settings = valueIn(avps, 'GBA-UserSecSettings');
  const gbaType = valueIn(avps, 'GBA-Type');
  return {
    impi: valueIn(avps, 'User-Name'),
    meKeyMaterial: keyOf(requiredIn(avps, 'ME-Key-Material'), 'ME-Key-Material'),
    uiccKeyMaterial: uicc && keyOf(uicc, 'UICC-Key-Material'),
    expiresAt: valueIn(avps, 'Key-ExpiryTime'),
    bootstrappedAt: valueIn(avps, 'BootstrapInfoCreationTime'),
    gbaType: gbaType === undefined ? undefined : nameIn(GBA_TYPE, gbaType),
    userSecuritySettings: settings === undefined ? [] : decodeUssList(settings),
  };
}

function keyOf(octets: Uint8Array, field: string): SecretKey {
  if (octets.length !== KEY_LENGTH) throw new DiameterError('bad-value', { field });
  return new SecretKey(octets);
}

/** ASCII digits. Derived [D], docs/conformance.md. */
function gsIdOf(octets: Uint8Array): number {
  const text = Buffer.from(octets).toString('latin1');
  if (!/^[0-9]{1,10}$/.test(text)) throw new DiameterError('bad-value', { field: 'GAA-Service-Identifier' });
  return Number(text);
}
