import { createCipheriv } from 'node:crypto';
import type { SecretKey } from '../../keys/secret-key.ts';

const BLOCK_LENGTH = 16;

/**
 * Encrypts or decrypts by AES in counter mode (RFC 3830 §4.2.3). The first counter block is (S XOR (0x0000 ‖
 * CSB ID ‖ T)) ‖ 0x0000: S is the salt of 14 octets, T the time stamp in 64 bits. A counter of 32 bits is
 * padded on the left (derived [D], docs/conformance.md).
 */
export function aesCm(
  encr: SecretKey,
  salt: SecretKey,
  csbId: number,
  timestamp: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  const iv = Buffer.alloc(BLOCK_LENGTH);
  iv.writeUInt32BE(csbId, 2);
  iv.set(timestamp, 14 - timestamp.length);
  for (const [index, octet] of salt.exposeOctets().entries()) iv[index] = (iv[index] ?? 0) ^ octet;
  return createCipheriv('aes-128-ctr', encr.exposeKeyObject(), iv).update(data);
}
