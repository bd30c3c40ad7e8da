import { SecretKey } from '../../keys/secret-key.ts';
import { Writer } from '../writer.ts';
import { prf } from './prf.ts';

/** The keys of one message (RFC 3830 §4.1.4): 16 octets to encrypt, 20 to authenticate, 14 to salt. */
export interface MessageKeys {
  readonly encr: SecretKey;
  readonly auth: SecretKey;
  readonly salt: SecretKey;
}

/** Constants of the labels (RFC 3830 §4.1.4) and the lengths of the keys in octets. */
const DERIVED = {
  encr: { constant: 0x150533e1, length: 16 },
  auth: { constant: 0x2d22ac75, length: 20 },
  salt: { constant: 0x29b88916, length: 14 },
} as const;

/** Takes the position of the CS ID in the label. */
const NO_CS_ID = 0xff;

/**
 * Derives the keys of a message from pre-shared key, CSB ID and RAND: label = constant ‖ 0xFF ‖ CSB ID ‖
 * RAND.
 */
export function messageKeysOf(psk: SecretKey, csbId: number, rand: Uint8Array): MessageKeys {
  return {
    encr: derive('encr', psk, csbId, rand),
    auth: authKeyOf(psk, csbId, rand),
    salt: derive('salt', psk, csbId, rand),
  };
}

/** Only the authentication key of a message, 20 octets. */
export function authKeyOf(psk: SecretKey, csbId: number, rand: Uint8Array): SecretKey {
  return derive('auth', psk, csbId, rand);
}

function derive(which: keyof typeof DERIVED, psk: SecretKey, csbId: number, rand: Uint8Array): SecretKey {
  const { constant, length } = DERIVED[which];
  const label = new Writer()
    .uint(4, constant, 'constant')
    .uint(1, NO_CS_ID, 'cs_id')
    .uint(4, csbId, 'CSB ID')
    .octets(rand);
  return new SecretKey(prf(psk.exposeOctets(), label.toOctets(), length));
}
