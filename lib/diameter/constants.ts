/** Version of Diameter (RFC 6733 §3). */
export const VERSION = 1;

/** Octets of a header (RFC 6733 §3). */
export const HEADER_LENGTH = 20;

/**
 * Octets of a message that are accepted at most. The field can say 16 MiB; a BIA with the user security
 * settings of many services has a few thousand.
 */
export const MAX_MESSAGE_LENGTH = 65_536;

/** Port of Diameter over TCP (RFC 6733 §11.4). */
export const DIAMETER_PORT = 3868;

/** Port of Diameter over TLS (RFC 6733 §11.4). */
export const DIAMETER_TLS_PORT = 5658;

/** Command code (RFC 6733 §3.1; TS 29.109 §7.3). */
export const COMMAND = {
  CAPABILITIES_EXCHANGE: 257,
  DEVICE_WATCHDOG: 280,
  DISCONNECT_PEER: 282,
  BOOTSTRAPPING_INFO: 310,
} as const;

/** Application-ID in the header and in a capabilities exchange (RFC 6733 §2.4; TS 29.109 §7.1). */
export const APPLICATION = { BASE: 0, ZN: 16_777_220, RELAY: 0xffff_ffff } as const;

/** Vendor-ID: of the IETF's AVPs and of 3GPP's (RFC 6733 §4.1; TS 29.109 §7.2). */
export const VENDOR = { IETF: 0, '3GPP': 10_415 } as const;

/** Result-Code (RFC 6733 §7.1). */
export const RESULT_CODE = {
  SUCCESS: 2001,
  COMMAND_UNSUPPORTED: 3001,
  UNABLE_TO_DELIVER: 3002,
  TOO_BUSY: 3004,
  LOOP_DETECTED: 3005,
  APPLICATION_UNSUPPORTED: 3007,
  INVALID_HDR_BITS: 3008,
  INVALID_AVP_BITS: 3009,
  UNKNOWN_PEER: 3010,
  AVP_UNSUPPORTED: 5001,
  INVALID_AVP_VALUE: 5004,
  MISSING_AVP: 5005,
  AVP_OCCURS_TOO_MANY_TIMES: 5009,
  NO_COMMON_APPLICATION: 5010,
  UNSUPPORTED_VERSION: 5011,
  UNABLE_TO_COMPLY: 5012,
  INVALID_AVP_LENGTH: 5014,
  INVALID_MESSAGE_LENGTH: 5015,
} as const;

/** Experimental-Result-Code of 3GPP on Zn (TS 29.109 §6.2.2). */
export const EXPERIMENTAL_RESULT_CODE = {
  NOT_AUTHORIZED: 5402,
  TRANSACTION_IDENTIFIER_INVALID: 5403,
} as const;

/** Disconnect-Cause (RFC 6733 §5.4.3). */
export const DISCONNECT_CAUSE = { REBOOTING: 0, BUSY: 1, DO_NOT_WANT_TO_TALK_TO_YOU: 2 } as const;

/** GBA_U-Awareness-Indicator (TS 29.109 §6.3.1.8). */
export const GBA_U_AWARENESS = { NO: 0, YES: 1 } as const;

/** GBA-Type (TS 29.109 §6.3.1.11). GBA_DIGEST is unverified [M-hi], docs/conformance.md. */
export const GBA_TYPE = { '3G_GBA': 0, '2G_GBA': 1, GBA_DIGEST: 2 } as const;

/** The name of a number in a table, or undefined. */
export function nameIn<const T extends Readonly<Record<string, number>>>(
  table: T,
  value: number,
): keyof T | undefined {
  return (Object.keys(table) as (keyof T)[]).find((name) => table[name] === value);
}
