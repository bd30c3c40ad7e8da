import { MAC_ALG, MAC_LENGTH, nameIn } from '../constants.ts';
import { MikeyError } from '../errors.ts';
import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';

/**
 * The verification payload (RFC 3830 §6.9).
 *
 *     next payload (1) | auth alg (1) | ver data (0 or 20)
 */
export interface Verification {
  readonly authAlg: keyof typeof MAC_ALG;
  readonly mac: Uint8Array;
}

/** @throws MikeyError */
export function decodeVerification(reader: Reader): Verification {
  const authAlg = nameIn(MAC_ALG, reader.uint(1, 'V auth alg'));
  if (authAlg === undefined) return reader.refuse('unknown-algorithm', 'V auth alg');
  return { authAlg, mac: reader.take(MAC_LENGTH[authAlg], 'V ver data') };
}

/** @throws MikeyError `bad-value` */
export function encodeVerification(writer: Writer, { authAlg, mac }: Verification): void {
  if (mac.length !== MAC_LENGTH[authAlg]) throw new MikeyError('bad-value', { field: 'V ver data' });
  writer.uint(1, MAC_ALG[authAlg], 'V auth alg').octets(mac);
}
