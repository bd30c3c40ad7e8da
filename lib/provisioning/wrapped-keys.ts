import { DecryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { EventData } from '../events/contracts.ts';
import { type MbmsKeys, mukAndMrkOf } from '../gba/mbms-keys.ts';
import { SecretKey } from '../keys/secret-key.ts';
import type { ProvisioningContext } from './context.ts';
import { ProvisioningRefused } from './errors.ts';

/** Octets of Ks_NAF, Ks_ext_NAF and Ks_int_NAF (TS 33.220). */
const NAF_KEY_LENGTH = 32;

/** KMS names these when the octets are no ciphertext, of another key, or of another encryption context. */
const WRONG_WRAPPING = ['InvalidCiphertextException', 'IncorrectKeyException'];

/** Opens key material that an operator's system has wrapped by `kms:Encrypt` under the key of an ARN. */
export function kmsUnwrapping(kms: KMSClient, keyArn: string): ProvisioningContext['unwrap'] {
  return async (wrapped, { bTid, impi }) => {
    const EncryptionContext = { bTid, impi };
    try {
      const { Plaintext = new Uint8Array() } = await kms.send(
        new DecryptCommand({ KeyId: keyArn, CiphertextBlob: wrapped, EncryptionContext }),
      );
      return Plaintext;
    } catch (cause) {
      if (!(cause instanceof Error && WRONG_WRAPPING.includes(cause.name))) throw cause;
      throw new ProvisioningRefused(
        'wrong-wrapping',
        "the wrapped key does not open: wrap it by kms:Encrypt under the deployment's key, with the encryption " +
          'context bTid and impi as in the event',
        { cause },
      );
    }
  };
}

/** An association as far as its wrapped keys go. */
type WrappedAssociation = Pick<
  EventData<'Provision Association'>,
  'bTid' | 'impi' | 'gbaType' | 'wrappedKey' | 'mrkRule'
>;

/**
 * MUK and MRK of an association, from the wrapped Ks_NAF of 32 octets (GBA_ME), or from the 64 octets of
 * Ks_ext_NAF ‖ Ks_int_NAF (GBA_U).
 * @throws ProvisioningRefused `wrong-wrapping`, `wrong-key-length`, or the SDK's errors
 */
export async function openKeys(
  { unwrap }: Pick<ProvisioningContext, 'unwrap'>,
  { bTid, impi, gbaType, wrappedKey, mrkRule }: WrappedAssociation,
): Promise<MbmsKeys> {
  const octets = await unwrap(Buffer.from(wrappedKey, 'base64'), { bTid, impi });
  const expected = gbaType === 'GBA_U' ? 2 * NAF_KEY_LENGTH : NAF_KEY_LENGTH;
  try {
    if (octets.length !== expected)
      throw new ProvisioningRefused(
        'wrong-key-length',
        `the key material of ${gbaType} has ${expected} octets, not ${octets.length}`,
      );
    if (gbaType === 'GBA_ME') return mukAndMrkOf({ type: gbaType, ksNaf: new SecretKey(octets) });
    const ksExtNaf = new SecretKey(octets.subarray(0, NAF_KEY_LENGTH));
    const ksIntNaf = new SecretKey(octets.subarray(NAF_KEY_LENGTH));
    return mukAndMrkOf({ type: gbaType, ksExtNaf, ksIntNaf }, { mrkRule });
  } finally {
    octets.fill(0);
  }
}
