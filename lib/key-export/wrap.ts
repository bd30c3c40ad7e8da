import { EncryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import { CompactEncrypt } from 'jose';
import { formatKeyGroup } from '../keys/msk-id.ts';
import type { KeyGroupRef } from '../store/key-group/key-group-item.ts';
import { CONTENT_TYPE } from './documents.ts';
import { KeyExportRefused } from './errors.ts';
import type { KeyFormat } from './formats.ts';
import type { Recipient } from './recipient.ts';

/** Keys that their recipient alone can open. */
export interface WrappedKeys {
  /** A JWE in its compact form, or a ciphertext of KMS in Base64. */
  readonly wrapping: 'jwe' | 'kms';
  readonly wrapped: string;
}

/** How keys are wrapped, and for whom. */
export interface WrappingRequest {
  readonly recipient: Recipient;
  readonly ref: KeyGroupRef;
  readonly format: KeyFormat;
  /** ms since the epoch */
  readonly now: number;
}

/** A client of KMS in the region of a key. */
export type KmsOf = (keyArn: string) => Pick<KMSClient, 'send'>;

/** What KMS says of a key that this function may not use, or that can't be used. */
const REFUSED = [
  'AccessDeniedException',
  'DisabledException',
  'InvalidKeyUsageException',
  'KMSInvalidStateException',
  'NotFoundException',
];

/**
 * Wraps keys in clear for a recipient: as a JWE (RFC 7516) with A256GCM under its public key, or by
 * `kms:Encrypt` under its KMS key, with Key Domain, Key Group and recipient as encryption context.
 * @throws KeyExportRefused `wrapping-refused`, or the SDK's errors
 */
export async function wrapKeys(
  clear: Uint8Array,
  { recipient, ref, format, now }: WrappingRequest,
  kmsOf: KmsOf,
): Promise<WrappedKeys> {
  const { name, wrappingKey } = recipient;
  if (wrappingKey.kind === 'kms') {
    const wrapped = await encryptByKms(
      clear,
      { keyArn: wrappingKey.keyArn, context: contextOf(name, ref) },
      kmsOf,
    );
    return { wrapping: 'kms', wrapped };
  }
  const { alg, key } = wrappingKey;
  const header = { alg, enc: 'A256GCM', cty: CONTENT_TYPE[format], kid: name, iat: Math.floor(now / 1000) };
  return {
    wrapping: 'jwe',
    wrapped: await new CompactEncrypt(clear).setProtectedHeader(header).encrypt(key),
  };
}

/** What a recipient must name to `kms:Decrypt`. */
function contextOf(recipient: string, { keyDomainId, keyGroup }: KeyGroupRef): Record<string, string> {
  return { recipient, keyDomainId, keyGroup: formatKeyGroup(keyGroup) };
}

async function encryptByKms(
  clear: Uint8Array,
  { keyArn, context }: { readonly keyArn: string; readonly context: Record<string, string> },
  kmsOf: KmsOf,
): Promise<string> {
  try {
    const { CiphertextBlob = new Uint8Array() } = await kmsOf(keyArn).send(
      new EncryptCommand({ KeyId: keyArn, Plaintext: clear, EncryptionContext: context }),
    );
    return Buffer.from(CiphertextBlob).toString('base64');
  } catch (cause) {
    if (!(cause instanceof Error && REFUSED.includes(cause.name))) throw cause;
    throw new KeyExportRefused('wrapping-refused', `the KMS key ${keyArn} can't be used: ${cause.name}`, {
      cause,
    });
  }
}
