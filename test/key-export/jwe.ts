import {
  constants,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  privateDecrypt,
} from 'node:crypto';

/** A JWE that was opened: its header, and its plaintext. */
export interface OpenedJwe {
  readonly header: Readonly<Record<string, unknown>>;
  readonly clear: string;
}

/** Opens a compact JWE by RFC 7516 §5.2 with node:crypto alone, as a recipient's own library does. */
export function openJwe(text: string, key: KeyObject): OpenedJwe {
  const parts = text.split('.');
  const [encodedHeader = '', encryptedKey, nonce, ciphertext, tag] = parts;
  const of = (part: string | undefined) => Buffer.from(part ?? '', 'base64url');
  const header = JSON.parse(of(encodedHeader).toString('utf8'));
  const cek = header.alg === 'ECDH-ES' ? agreedKey(header, key) : unwrappedKey(of(encryptedKey), key);
  const decipher = createDecipheriv('aes-256-gcm', cek, of(nonce));
  decipher.setAAD(Buffer.from(encodedHeader, 'ascii'));
  decipher.setAuthTag(of(tag));
  const clear = Buffer.concat([decipher.update(of(ciphertext)), decipher.final()]).toString('utf8');
  return { header, clear };
}

/** RSA-OAEP-256 (RFC 7518 §4.3), as `kms:Decrypt` does by RSAES_OAEP_SHA_256, too. */
function unwrappedKey(encryptedKey: Buffer, key: KeyObject): Buffer {
  return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, encryptedKey);
}

/** Direct key agreement (RFC 7518 §4.6): one round of the Concat KDF with SHA-256. */
function agreedKey(
  { epk, enc }: { epk: Record<string, unknown>; enc: string },
  privateKey: KeyObject,
): Buffer {
  const publicKey = createPublicKey({ key: epk, format: 'jwk' });
  const number = (value: number) => {
    const octets = Buffer.alloc(4);
    octets.writeUInt32BE(value);
    return octets;
  };
  const otherInfo = [number(enc.length), Buffer.from(enc), number(0), number(0), number(256)];
  const agreed = [number(1), diffieHellman({ privateKey, publicKey }), ...otherInfo];
  return createHash('sha256').update(Buffer.concat(agreed)).digest();
}
