import { createPublicKey, type KeyObject } from 'node:crypto';
import { keyDomainIdOfText } from '../keys/key-domain-id.ts';
import { parseKeyGroup } from '../keys/msk-id.ts';
import type { KeyGroupRef } from '../store/key-group/key-group-item.ts';

/** What wraps keys for a recipient: its public key, or a symmetric key of KMS that it may decrypt with. */
export type WrappingKey =
  | { readonly kind: 'public-key'; readonly key: KeyObject; readonly alg: 'RSA-OAEP-256' | 'ECDH-ES' }
  | { readonly kind: 'kms'; readonly keyArn: string };

/** A system that keys are exported to, as the settings have it. */
export interface Recipient {
  readonly name: string;
  readonly wrappingKey: WrappingKey;
  readonly mayHave: readonly KeyGroupsOf[];
}

/** One Key Group, or all of a Key Domain. */
export interface KeyGroupsOf {
  readonly keyDomainId: KeyGroupRef['keyDomainId'];
  readonly keyGroup: number | undefined;
}

/** The shortest modulus of RSA, in bits. */
const MIN_RSA_BITS = 2048;
/** The curves that JWA has for ECDH-ES and that KMS has too (RFC 7518 §4.6). */
const CURVES: readonly unknown[] = ['prime256v1', 'secp384r1', 'secp521r1'];

/**
 * The wrapping key of a public key, in PEM or in DER (SubjectPublicKeyInfo).
 * @throws TypeError that says what is taken; it repeats nothing of what was given, which may be a private key
 */
export function publicWrappingKey(spki: string | Uint8Array): WrappingKey {
  const key = readPublicKey(spki);
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa' && modulusLength >= MIN_RSA_BITS)
    return { kind: 'public-key', key, alg: 'RSA-OAEP-256' };
  if (key.asymmetricKeyType === 'ec' && CURVES.includes(namedCurve))
    return { kind: 'public-key', key, alg: 'ECDH-ES' };
  throw new TypeError(`RSA of ${MIN_RSA_BITS} bits or more, or a key on P-256, P-384 or P-521`);
}

/** A private key would be taken for its public half: whoever has put it in the settings must hear of it. */
function readPublicKey(spki: string | Uint8Array): KeyObject {
  if (typeof spki === 'string' && !/^-----BEGIN PUBLIC KEY-----\s/.test(spki.trim()))
    throw new TypeError('a public key in PEM, that begins with -----BEGIN PUBLIC KEY-----');
  try {
    if (typeof spki === 'string') return createPublicKey({ key: spki, format: 'pem' });
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    throw new TypeError('a public key in PEM, which this one is not');
  }
}

/** A public key as it stands in an environment variable: Base64 of its DER. */
export function textOfPublicKey(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64');
}

/** `001-01/0010`, or `001-01` for all Key Groups of a Key Domain. @throws KeysError */
export function keyGroupsOfText(text: string): KeyGroupsOf {
  const [domain = '', group] = text.split('/', 2);
  return {
    keyDomainId: keyDomainIdOfText(domain),
    keyGroup: group === undefined ? undefined : parseKeyGroup(group),
  };
}

/** Whether a recipient may have the keys of a Key Group. */
export function mayHave({ mayHave: all }: Recipient, { keyDomainId, keyGroup }: KeyGroupRef): boolean {
  return all.some(
    (each) => each.keyDomainId === keyDomainId && (each.keyGroup === undefined || each.keyGroup === keyGroup),
  );
}
