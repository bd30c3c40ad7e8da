/** Data types of HDR and payloads (RFC 3830 §6.1), as lib/mikey/constants.ts has them. */
const VERSION: u8 = 1;
const PSK: u8 = 0;
const PSK_VERIFICATION: u8 = 1;
const ERROR: u8 = 6;
const LAST: u8 = 0;
const KEMAC: u8 = 1;
const T: u8 = 5;
const ID: u8 = 6;
const V: u8 = 9;
const SP: u8 = 10;
const RAND: u8 = 11;
const ERR: u8 = 12;
const GENERAL_EXT: u8 = 21;

const SRTP_ID: u8 = 0;
const EMPTY: u8 = 1;
const COUNTER: u8 = 2;
const HMAC_SHA_1_160: u8 = 1;
/** Type of the extension with Key IDs (RFC 4563 §4), and its Key ID types. */
const KEY_ID: u8 = 3;
const KEY_DOMAIN_ID: u8 = 0;
const MSK_ID: u8 = 1;
const MTK_ID: u8 = 2;

/** What `decode` finds out about a message. */
export const MALFORMED: u32 = 0;
/** A whole message, but no verification message that can be authentic. */
export const OTHER: u32 = 1;
/** A verification message with a counter, an IDr and a MAC, which nobody has checked. */
export const TO_CHECK: u32 = 2;

/** Of the last message that is TO_CHECK: its counter, and where its IDr stands. */
export let counter: u32 = 0;
export let idAt: u32 = 0;
export let idLength: u32 = 0;

/**
 * Where the next octet is read, and where the message ends. After the end zeros are read, and `isShort` is
 * set.
 */
let at: u32 = 0;
let end: u32 = 0;
let isShort: bool = false;

/** Payloads that the message has had; ID, SP and extensions with Key IDs by their number. */
let hasT: bool = false;
let hasRand: bool = false;
let hasMac: bool = false;
let ids: u32 = 0;
let policies: u32 = 0;
let keyIds: u32 = 0;
let hasCounter: bool = false;
let isVerified: bool = false;

/**
 * Walks the payloads of a message as `decodeMikeyMessage` does, with the same rules; it reads nothing outside
 * the message. Nothing in it is secret, and time depends on it.
 */
export function decode(message: u32, length: u32): u32 {
  at = message;
  end = message + length;
  isShort = false;
  hasT = hasRand = hasMac = hasCounter = isVerified = false;
  ids = policies = keyIds = 0;
  if (octet() != VERSION) return MALFORMED;
  const dataType = octet();
  if (dataType != PSK && dataType != PSK_VERIFICATION && dataType != ERROR) return MALFORMED;
  let type = octet();
  // The V-bit may be set or not; the only PRF is MIKEY-1, 0.
  if ((octet() & 0x7f) != 0) return MALFORMED;
  skip(4);
  const sessions = octet();
  const map = octet();
  if (map == SRTP_ID) skip(u32(sessions) * 9);
  else if (map != EMPTY || sessions != 0) return MALFORMED;
  while (type != LAST && !isShort) {
    if (hasMac) return MALFORMED;
    const next = octet();
    if (!hasT && type != T) return MALFORMED;
    if (!payload(type)) return MALFORMED;
    type = next;
  }
  if (isShort || at != end || !hasT || ids > 2 || keyIds > 1) return MALFORMED;
  if (map == EMPTY && policies > 0) return MALFORMED;
  const isToCheck = dataType == PSK_VERIFICATION && hasCounter && ids > 0 && isVerified;
  return isToCheck ? TO_CHECK : OTHER;
}

/** Reads a payload behind its first octet; false when it is malformed. */
function payload(type: u8): bool {
  switch (type) {
    case T:
      return timestamp();
    case RAND:
      if (hasRand) return false;
      hasRand = true;
      skip(octet());
      return true;
    case ID:
      identity();
      return true;
    case SP:
      return policy();
    case GENERAL_EXT:
      return extension();
    case ERR:
      skip(3);
      return true;
    case KEMAC:
      return kemac();
    case V:
      isVerified = octetIsAlgorithm() && macFollows();
      return isAlgorithm;
    default:
      return false;
  }
}

function timestamp(): bool {
  if (hasT) return false;
  hasT = true;
  const type = octet();
  if (type > COUNTER) return false;
  hasCounter = type == COUNTER;
  if (hasCounter) counter = (u32(octet()) << 24) | (u32(octet()) << 16) | (u32(octet()) << 8) | octet();
  else skip(8);
  return true;
}

/** In a message without KEMAC, which is what is looked for, the first ID is IDr. */
function identity(): void {
  skip(1);
  const length = uint16();
  if (ids == 0) {
    idAt = at;
    idLength = length;
  }
  ids += 1;
  skip(length);
}

function policy(): bool {
  policies += 1;
  skip(2);
  const length = uint16();
  const rest = end;
  if (!within(length)) return false;
  while (at < end) {
    skip(1);
    skip(octet());
    if (isShort) return false;
  }
  end = rest;
  return true;
}

function extension(): bool {
  const type = octet();
  const length = uint16();
  const rest = end;
  if (!within(length)) return false;
  if (type == KEY_ID) {
    keyIds += 1;
    if (!areKeyIds()) return false;
  } else skip(length);
  end = rest;
  return true;
}

/** Key IDs up to `end`, each type at most once and of its length. */
function areKeyIds(): bool {
  let seen: u32 = 0;
  while (at < end) {
    const type = octet();
    const length = octet();
    if (type > MTK_ID || (seen & (1 << type)) != 0) return false;
    seen |= 1 << type;
    if (length != (type == KEY_DOMAIN_ID ? 3 : type == MSK_ID ? 4 : 2)) return false;
    skip(length);
    if (isShort) return false;
  }
  return true;
}

function kemac(): bool {
  if (!octetIsAlgorithm()) return false;
  skip(uint16());
  if (!octetIsAlgorithm()) return false;
  macFollows();
  return true;
}

/** The algorithm that was read last, and whether it is known: NULL (0), or the one of its payload (1). */
let algorithm: u8 = 0;
let isAlgorithm: bool = false;

function octetIsAlgorithm(): bool {
  algorithm = octet();
  isAlgorithm = algorithm <= HMAC_SHA_1_160;
  return isAlgorithm;
}

/** Passes over the MAC of the algorithm; whether there is one. */
function macFollows(): bool {
  hasMac = true;
  const isThere = algorithm == HMAC_SHA_1_160;
  if (isThere) skip(20);
  return isThere;
}

/** Makes `end` the end of the next `length` octets; false when the message has fewer. */
function within(length: u32): bool {
  if (isShort || length > end - at) {
    isShort = true;
    return false;
  }
  end = at + length;
  return true;
}

function octet(): u8 {
  if (at >= end) {
    isShort = true;
    return 0;
  }
  return load<u8>(at++);
}

function uint16(): u32 {
  const high = u32(octet());
  return (high << 8) | octet();
}

function skip(octets: u32): void {
  if (octets > end - at) {
    isShort = true;
    at = end;
  } else at += octets;
}
