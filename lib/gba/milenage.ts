import { createCipheriv } from 'node:crypto';
import { SecretKey } from '../keys/secret-key.ts';
import { GbaError } from './errors.ts';

/** The secrets of a USIM: K and OPc, 16 octets each (TS 35.206 §4.1). */
export interface SimKeys {
  readonly k: SecretKey;
  readonly opc: SecretKey;
}

/** The input of f1 and f1*: RAND has 16 octets; SQN is a number of 48 bits; AMF has 2 octets. */
export interface MacInput {
  readonly rand: Uint8Array;
  readonly sqn: number;
  readonly amf: Uint8Array;
}

/** Octets of K, OP, OPc, RAND, CK and IK: a block of AES-128. */
const BLOCK_LENGTH = 16;
const AMF_LENGTH = 2;

/** The highest SQN. */
export const MAX_SQN = 2 ** 48 - 1;

/** Constants ci, of which only the last octet is not zero, and ri, here in octets (TS 35.206 §4.1). */
const CONSTANTS = {
  out1: { c: 0, r: 8 },
  out2: { c: 1, r: 0 },
  out3: { c: 2, r: 4 },
  out4: { c: 4, r: 8 },
  out5: { c: 8, r: 12 },
} as const;

// @clause TS 35.206 §4.1 s1
/**
 * Milenage, the functions f1 to f5* of UMTS AKA, with AES-128 and the standard's constants (TS 35.206 §4.1).
 * Every function throws GbaError `bad-length` for a RAND that has not 16 octets.
 */
export class Milenage {
  readonly #k: SecretKey;
  readonly #opc: Uint8Array;

  /** @throws GbaError `bad-length` */
  constructor({ k, opc }: SimKeys) {
    checkBlock('K', k);
    checkBlock('OPc', opc);
    this.#k = k;
    this.#opc = opc.exposeOctets();
  }

  /** MAC-A, 8 octets. @throws GbaError `bad-length`, `bad-sqn` */
  f1(input: MacInput): Uint8Array {
    return this.#out1(input).subarray(0, 8);
  }

  /** MAC-S of a resynchronisation, 8 octets. @throws GbaError `bad-length`, `bad-sqn` */
  f1Star(input: MacInput): Uint8Array {
    return this.#out1(input).subarray(8);
  }

  /** RES, 8 octets. It is the password of Digest AKA, and so a secret. */
  f2(rand: Uint8Array): SecretKey {
    return new SecretKey(this.#out(rand, CONSTANTS.out2).subarray(8));
  }

  /** CK, 16 octets. */
  f3(rand: Uint8Array): SecretKey {
    return new SecretKey(this.#out(rand, CONSTANTS.out3));
  }

  /** IK, 16 octets. */
  f4(rand: Uint8Array): SecretKey {
    return new SecretKey(this.#out(rand, CONSTANTS.out4));
  }

  /** AK, which conceals SQN in AUTN, 6 octets. */
  f5(rand: Uint8Array): Uint8Array {
    return this.#out(rand, CONSTANTS.out2).subarray(0, 6);
  }

  /** AK of a resynchronisation, which conceals SQN in AUTS, 6 octets. */
  f5Star(rand: Uint8Array): Uint8Array {
    return this.#out(rand, CONSTANTS.out5).subarray(0, 6);
  }

  #out1({ rand, sqn, amf }: MacInput): Uint8Array {
    if (amf.length !== AMF_LENGTH) throw new GbaError('bad-length', `AMF has 2 octets, not ${amf.length}`);
    const half = Buffer.concat([octetsOfSqn(sqn), amf]);
    const in1 = Buffer.concat([half, half]);
    const turned = rotated(xor(in1, this.#opc), CONSTANTS.out1.r);
    const last = encrypted(this.#k, xor(this.#temp(rand), turned));
    return xor(last, this.#opc);
  }

  #out(rand: Uint8Array, { c, r }: { readonly c: number; readonly r: number }): Uint8Array {
    const block = rotated(xor(this.#temp(rand), this.#opc), r);
    block[BLOCK_LENGTH - 1] = (block[BLOCK_LENGTH - 1] ?? 0) ^ c;
    return xor(encrypted(this.#k, block), this.#opc);
  }

  #temp(rand: Uint8Array): Uint8Array {
    checkBlock('RAND', rand);
    return encrypted(this.#k, xor(rand, this.#opc));
  }
}

/** OPc of a subscriber, from K and from OP of the operator (TS 35.206 §4.1). @throws GbaError `bad-length` */
export function opcOf(k: SecretKey, op: SecretKey): SecretKey {
  checkBlock('K', k);
  checkBlock('OP', op);
  return new SecretKey(xor(encrypted(k, op.exposeOctets()), op.exposeOctets()));
}

/** SQN in 6 octets. @throws GbaError `bad-sqn` */
export function octetsOfSqn(sqn: number): Uint8Array {
  if (!Number.isInteger(sqn) || sqn < 0 || sqn > MAX_SQN)
    throw new GbaError('bad-sqn', 'SQN is a whole number of 48 bits');
  const octets = Buffer.alloc(6);
  octets.writeUIntBE(sqn, 0, 6);
  return octets;
}

/** XOR of two texts of one length. */
export function xor(one: Uint8Array, other: Uint8Array): Uint8Array {
  return one.map((octet, index) => octet ^ (other[index] ?? 0));
}

/** Rotates a block to the left by `octets`. */
function rotated(block: Uint8Array, octets: number): Uint8Array {
  return Uint8Array.from([...block.subarray(octets), ...block.subarray(0, octets)]);
}

function encrypted(k: SecretKey, block: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-128-ecb', k.exposeKeyObject(), null).setAutoPadding(false);
  return new Uint8Array(Buffer.concat([cipher.update(block), cipher.final()]));
}

function checkBlock(name: string, { length }: { readonly length: number }): void {
  if (length !== BLOCK_LENGTH) throw new GbaError('bad-length', `${name} has 16 octets, not ${length}`);
}
