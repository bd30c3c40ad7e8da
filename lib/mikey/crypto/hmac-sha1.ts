import crypto, { createHmac } from 'node:crypto';

const SHA1_BLOCK_LENGTH = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
const SHA1_LENGTH = 20;
/** Octets of text that two hashes take; a longer one goes to `createHmac`. */
const MAX_TEXT = 2048;

/** HMAC-SHA-1 over the parts as one text, 20 octets (RFC 2104). The fastest that this Node has. */
export function hmacSha1(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  return hmacSha1OfHashes(key, parts) ?? hmacSha1ByKeyObject(key, parts);
}

/** The reference, and what is used where `hmacSha1OfHashes` returns nothing. */
export function hmacSha1ByKeyObject(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac('sha1', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** One-shot hashing, which Node has from 20.12 and 21.7 on. */
const hash: typeof crypto.hash | undefined = crypto.hash;

/** (K XOR ipad) ‖ text, and (K XOR opad) ‖ inner digest. Wiped after each use. */
const inner = Buffer.alloc(SHA1_BLOCK_LENGTH + MAX_TEXT);
const outer = Buffer.alloc(SHA1_BLOCK_LENGTH + SHA1_LENGTH);

/**
 * The same by two hashes: Node makes an object for the key of each HMAC, which takes several times what the
 * hashes take.
 * @returns undefined where Node can't hash in one call, and for keys over 64 and texts over 2048 octets
 */
export function hmacSha1OfHashes(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array | undefined {
  if (hash === undefined || key.length > SHA1_BLOCK_LENGTH) return undefined;
  let length = SHA1_BLOCK_LENGTH;
  for (const part of parts) length += part.length;
  if (length > inner.length) return undefined;
  try {
    inner.fill(INNER_PAD, 0, SHA1_BLOCK_LENGTH);
    outer.fill(OUTER_PAD, 0, SHA1_BLOCK_LENGTH);
    for (let index = 0; index < key.length; index++) {
      const octet = key[index] ?? 0;
      inner[index] = octet ^ INNER_PAD;
      outer[index] = octet ^ OUTER_PAD;
    }
    let at = SHA1_BLOCK_LENGTH;
    for (const part of parts) {
      inner.set(part, at);
      at += part.length;
    }
    outer.set(hash('sha1', inner.subarray(0, length), 'buffer'), SHA1_BLOCK_LENGTH);
    return hash('sha1', outer, 'buffer');
  } finally {
    inner.fill(0, 0, length);
    outer.fill(0);
  }
}
