import { createHmac } from 'node:crypto';
import { SecretKey } from '../keys/secret-key.ts';
import { GbaError } from './errors.ts';

// @clause TS 33.220 annex B.2 s1, s2, s3
/**
 * The key derivation function of TS 33.220 annex B.2: HMAC-SHA-256 over S = FC ‖ P0 ‖ L0 ‖ P1 ‖ L1 …, each
 * Li the length of Pi in 2 octets. Text parameters are UTF-8 after NFKC. The derived key has 32 octets.
 * @throws GbaError `bad-length` when a parameter has more than 65535 octets
 */
export function kdf(key: SecretKey, fc: number, parameters: readonly (string | Uint8Array)[]): SecretKey {
  const hmac = createHmac('sha256', key.exposeKeyObject()).update(Uint8Array.of(fc));
  for (const parameter of parameters) {
    const octets = typeof parameter === 'string' ? Buffer.from(parameter.normalize('NFKC')) : parameter;
    if (octets.length > 0xffff)
      throw new GbaError('bad-length', 'a parameter of the KDF has at most 65535 octets');
    hmac.update(octets).update(Uint8Array.of(octets.length >> 8, octets.length & 0xff));
  }
  return new SecretKey(hmac.digest());
}
