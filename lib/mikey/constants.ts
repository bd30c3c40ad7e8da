/** Version of MIKEY (RFC 3830 §6.1). */
export const VERSION = 1;

/** Data type of the common header (RFC 3830 §6.1, table 6.1.a). */
export const DATA_TYPE = { PSK: 0, PSK_VERIFICATION: 1, ERROR: 6 } as const;

/** Next payload (RFC 3830 §6.1, table 6.1.b); key data and general extension have their own tables there. */
export const PAYLOAD = {
  LAST: 0,
  KEMAC: 1,
  T: 5,
  ID: 6,
  V: 9,
  SP: 10,
  RAND: 11,
  ERR: 12,
  KEY_DATA: 20,
  GENERAL_EXT: 21,
} as const;

/** PRF function (RFC 3830 §6.1, table 6.1.c). */
export const PRF_FUNC = { MIKEY_1: 0 } as const;

/** CS ID map type (RFC 3830 §6.1, table 6.1.d; RFC 4563 §5). */
export const CS_ID_MAP_TYPE = { SRTP_ID: 0, EMPTY: 1 } as const;

/** Encryption algorithm of KEMAC (RFC 3830 §6.2, table 6.2.a). */
export const ENCR_ALG = { NULL: 0, 'AES-CM-128': 1 } as const;

/** MAC algorithm of KEMAC and V (RFC 3830 §6.2, table 6.2.b). */
export const MAC_ALG = { NULL: 0, 'HMAC-SHA-1-160': 1 } as const;

/** Octets of a MAC by its algorithm. */
export const MAC_LENGTH = { NULL: 0, 'HMAC-SHA-1-160': 20 } as const;

/** Time stamp type (RFC 3830 §6.6). */
export const TS_TYPE = { 'NTP-UTC': 0, NTP: 1, COUNTER: 2 } as const;

/** Octets of a time stamp by its type. */
export const TS_LENGTH = { 'NTP-UTC': 8, NTP: 8, COUNTER: 4 } as const;

/** ID type (RFC 3830 §6.7; byte string from RFC 6043 §6.6). */
export const ID_TYPE = { NAI: 0, URI: 1, BYTE_STRING: 2 } as const;

/** Protocol type of a security policy (RFC 3830 §6.10). */
export const PROT_TYPE = { SRTP: 0 } as const;

/** Type of a key data sub-payload (RFC 3830 §6.13). */
export const KEY_TYPE = { TGK: 0, 'TGK+SALT': 1, TEK: 2, 'TEK+SALT': 3 } as const;

/** Key validity type (RFC 3830 §6.13). */
export const KV_TYPE = { NULL: 0, SPI: 1, INTERVAL: 2 } as const;

/** Type of a general extension (RFC 3830 §6.15, RFC 4563 §4). */
export const EXT_TYPE = { VENDOR_ID: 0, SDP_IDS: 1, KEY_ID: 3 } as const;

/** Key ID type in the extension of MBMS (RFC 4563 §4). */
export const KEY_ID_TYPE = { KEY_DOMAIN_ID: 0, MSK_ID: 1, MTK_ID: 2 } as const;

/** Error number (RFC 3830 §6.12). */
export const ERROR_NO = {
  AUTH_FAILURE: 0,
  INVALID_TS: 1,
  INVALID_PRF: 2,
  INVALID_MAC: 3,
  INVALID_EA: 4,
  INVALID_HA: 5,
  INVALID_DH: 6,
  INVALID_ID: 7,
  INVALID_CERT: 8,
  INVALID_SP: 9,
  INVALID_SP_PARAM: 10,
  INVALID_DT: 11,
  UNSPECIFIED: 12,
} as const;

/** The name of a number in a table, or undefined. */
export function nameIn<const T extends Readonly<Record<string, number>>>(
  table: T,
  value: number,
): keyof T | undefined {
  return (Object.keys(table) as (keyof T)[]).find((name) => table[name] === value);
}
