import { createCipheriv } from 'node:crypto';
import { SecretKey } from '../keys/secret-key.ts';
import { SrtpError } from './errors.ts';
import { KeyStream } from './key-stream.ts';

// @clause RFC 3711 §4.1.1 s1
/** A master key of SRTP: an MTK, and its salt. */
export interface SrtpMasterKey {
  /** 16 octets. */
  readonly mtk: SecretKey;
  /** 14 octets; undefined: of zeros. */
  readonly salt: SecretKey | undefined;
}

/** The keys of one master key, for RTP. */
export interface SessionKeys {
  /** 16 octets. */
  readonly encr: SecretKey;
  /** AES under `encr`. */
  readonly keyStream: KeyStream;
  /** 20 octets. */
  readonly auth: SecretKey;
  /** 14 octets. */
  readonly salt: SecretKey;
}

/** Octets of a master key, and of a master salt, of AES-128-CM. */
const KEY_LENGTH = 16;
export const SALT_LENGTH = 14;

const NO_SALT = new SecretKey(new Uint8Array(SALT_LENGTH));

/** Where the label stands in the 14 octets that the master salt is XORed with (RFC 3711 §4.3.1). */
const LABEL_AT = 7;
const LABEL = { encr: 0, auth: 1, salt: 2 } as const;

/**
 * Session keys by AES-CM with a key derivation rate of 0 (RFC 3711 §4.3.1, §4.3.3).
 * @throws SrtpError `bad-key` for another length
 */
export function sessionKeysOf({ mtk, salt = NO_SALT }: SrtpMasterKey): SessionKeys {
  if (mtk.length !== KEY_LENGTH || salt.length !== SALT_LENGTH)
    throw new SrtpError('bad-key', `a master key has ${KEY_LENGTH} octets and its salt ${SALT_LENGTH}`);
  const derived = (label: number, length: number): SecretKey => {
    const iv = Buffer.alloc(16);
    iv.set(salt.exposeOctets());
    iv.writeUInt8(iv.readUInt8(LABEL_AT) ^ label, LABEL_AT);
    const octets = createCipheriv('aes-128-ctr', mtk.exposeKeyObject(), iv).update(Buffer.alloc(length));
    const key = new SecretKey(octets);
    octets.fill(0);
    return key;
  };
  const encr = derived(LABEL.encr, 16);
  const keyStream = new KeyStream(encr);
  return { encr, keyStream, auth: derived(LABEL.auth, 20), salt: derived(LABEL.salt, 14) };
}
