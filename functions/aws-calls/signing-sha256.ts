import { hash } from 'node:crypto';
import type { Checksum, SourceData } from '@smithy/types';

const BLOCK_LENGTH = 64;
const DIGEST_LENGTH = 32;
const INNER = 0x36;
const OUTER = 0x5c;

/**
 * SHA-256, and HMAC-SHA-256 when there is a secret (RFC 2104), of the short texts that a signature is made
 * of, in the form of the SDK. Each hash is one call; the SDK's own class makes several objects of OpenSSL.
 */
export class SigningSha256 implements Checksum {
  readonly digestLength = DIGEST_LENGTH;
  readonly #key: Uint8Array | undefined;
  #data: readonly Uint8Array[] = [];

  constructor(secret?: SourceData) {
    this.#key = secret === undefined ? undefined : keyOf(octetsOf(secret));
  }

  /** Adds data, which must not be changed before the digest is made. */
  update(data: SourceData): void {
    this.#data = [...this.#data, octetsOf(data)];
  }

  /** @returns 32 octets */
  async digest(): Promise<Uint8Array> {
    const key = this.#key;
    if (key === undefined) return sha256(this.#data);
    const inner = sha256([padded(key, INNER), ...this.#data]);
    return sha256([padded(key, OUTER), inner]);
  }

  reset(): void {
    this.#data = [];
  }
}

/** A key longer than a block is hashed first. */
function keyOf(secret: Uint8Array): Uint8Array {
  return secret.length > BLOCK_LENGTH ? sha256([secret]) : secret;
}

function padded(key: Uint8Array, pad: number): Uint8Array {
  const block = new Uint8Array(BLOCK_LENGTH).fill(pad);
  for (const [index, octet] of key.entries()) block[index] = octet ^ pad;
  return block;
}

function sha256(parts: readonly Uint8Array[]): Uint8Array {
  const [only, ...more] = parts;
  return hash('sha256', only !== undefined && more.length === 0 ? only : Buffer.concat(parts), 'buffer');
}

function octetsOf(data: SourceData): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data);
}
