/** Diameter (RFC 6733) and its application Zn (TS 29.109), by which a NAF gets keys from a BSF. */

export { type Avp, decodeGroup, refuseUnknown } from './avp/avp.ts';
export { AVP, type AvpName } from './avp/dictionary.ts';
export { avp, isDiameterIdentity, optionalAvp, requiredIn, valueIn, valuesOf } from './avp/values.ts';
export * from './base/application-id.ts';
export * from './base/capabilities-exchange.ts';
export * from './base/device-watchdog.ts';
export * from './base/disconnect-peer.ts';
export * from './base/error-answer.ts';
export * from './base/origin.ts';
export * from './base/result.ts';
export * from './constants.ts';
export * from './errors.ts';
export type { Header } from './header.ts';
export * from './message.ts';
export * from './message-splitter.ts';
export * from './zn/bootstrapping-info.ts';
export * from './zn/user-security-settings.ts';
