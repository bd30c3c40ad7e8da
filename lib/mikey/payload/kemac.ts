import { ENCR_ALG, MAC_ALG, MAC_LENGTH, nameIn } from '../constants.ts';
import { MikeyError } from '../errors.ts';
import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';

/**
 * Key data transport (RFC 3830 §6.2). Without octets of `encrData`, it carries only the MAC.
 *
 *     next payload (1) | encr alg (1) | encr data len (2) | encr data | MAC alg (1) | MAC (0 or 20)
 */
export interface Kemac {
  readonly encrAlg: keyof typeof ENCR_ALG;
  readonly encrData: Uint8Array;
  readonly macAlg: keyof typeof MAC_ALG;
  readonly mac: Uint8Array;
}

/** @throws MikeyError */
export function decodeKemac(reader: Reader): Kemac {
  const encrAlg = nameIn(ENCR_ALG, reader.uint(1, 'KEMAC encr alg'));
  if (encrAlg === undefined) return reader.refuse('unknown-algorithm', 'KEMAC encr alg');
  const encrData = reader.take(reader.uint(2, 'KEMAC encr data len'), 'KEMAC encr data');
  const macAlg = nameIn(MAC_ALG, reader.uint(1, 'KEMAC MAC alg'));
  if (macAlg === undefined) return reader.refuse('unknown-algorithm', 'KEMAC MAC alg');
  return { encrAlg, encrData, macAlg, mac: reader.take(MAC_LENGTH[macAlg], 'KEMAC MAC') };
}

/**
 * Writes the MAC last, so that it can cover everything before it.
 * @throws MikeyError `bad-value`
 */
export function encodeKemac(writer: Writer, { encrAlg, encrData, macAlg, mac }: Kemac): void {
  if (mac.length !== MAC_LENGTH[macAlg]) throw new MikeyError('bad-value', { field: 'KEMAC MAC' });
  writer
    .uint(1, ENCR_ALG[encrAlg], 'KEMAC encr alg')
    .sized(2, encrData, 'KEMAC encr data len')
    .uint(1, MAC_ALG[macAlg], 'KEMAC MAC alg')
    .octets(mac);
}
