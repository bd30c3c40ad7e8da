/** MIKEY with a pre-shared key (RFC 3830, RFC 4563) and the messages of MBMS security (TS 33.246 §6.4). */

export * from './constants.ts';
export * from './errors.ts';
export * from './message/mikey-message.ts';
export {
  encodeMskMessage,
  type MskMessageInput,
  type MukAddressing,
  type OpenedMsk,
  openMskMessage,
} from './message/msk.ts';
export * from './message/msk-batch.ts';
export * from './message/mtk.ts';
export * from './message/solicited-pull.ts';
export * from './message/verification.ts';
export * from './message/verification-batch.ts';
export type { GeneralExtension, KeyIds } from './payload/ext.ts';
export type { CommonHeader, CsIdMap, SrtpStream } from './payload/hdr.ts';
export type { Identity } from './payload/id.ts';
export type { Kemac } from './payload/kemac.ts';
export type { PolicyParameter, SecurityPolicy } from './payload/sp.ts';
export type { Timestamp } from './payload/t.ts';
export type { Verification } from './payload/v.ts';
