import { DecryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import { CodedError } from '../coded-error.ts';
import { MSK_LENGTH } from '../keys/msk-generation.ts';
import { formatMskId, type MskId } from '../keys/msk-id.ts';
import { SecretKey } from '../keys/secret-key.ts';
import type { ImportedMtk } from '../store/key-group/imported-mtk.ts';

/** Key material that can't be taken, however often it comes. */
export class WrongKeys extends CodedError<'wrong-wrapping' | 'wrong-key-length'> {
  override readonly name = 'WrongKeys';
}

/** The encryption context that an MSK is wrapped with, and its MTK: they open for this MSK alone. */
export type WrappingContext = Readonly<Record<string, string>>;

/** Opens key material; throws WrongKeys `wrong-wrapping`, or the SDK's errors. */
export type UnwrapMsk = (wrapped: Uint8Array, context: WrappingContext) => Promise<Uint8Array>;

/** The encryption context of an MSK, and of the MTK that comes with it. */
export function wrappingContextOf(
  keyDomainId: string,
  mskId: MskId,
  mtkId: number | undefined,
): WrappingContext {
  return { keyDomainId, mskId: formatMskId(mskId), ...(mtkId === undefined ? {} : { mtkId: String(mtkId) }) };
}

/** KMS names these when the octets are no ciphertext, of another key, or of another encryption context. */
const WRONG_WRAPPING = ['InvalidCiphertextException', 'IncorrectKeyException'];

/** Opens what another system has wrapped by `kms:Encrypt` under the key of an ARN. */
export function kmsUnwrapMsk(kms: KMSClient, keyArn: string): UnwrapMsk {
  return async (wrapped, EncryptionContext) => {
    try {
      const { Plaintext = new Uint8Array() } = await kms.send(
        new DecryptCommand({
          KeyId: keyArn,
          CiphertextBlob: wrapped,
          EncryptionContext: { ...EncryptionContext },
        }),
      );
      return Plaintext;
    } catch (cause) {
      if (!(cause instanceof Error && WRONG_WRAPPING.includes(cause.name))) throw cause;
      throw new WrongKeys(
        'wrong-wrapping',
        "the wrapped key does not open: wrap it by kms:Encrypt under the deployment's key, with the encryption " +
          'context keyDomainId and mskId, and mtkId with an MTK, as in the event',
        { cause },
      );
    }
  };
}

const SALT_LENGTH = 14;

/**
 * The MSK of 16 octets; or MSK ‖ MTK of 32, or MSK ‖ MTK ‖ salt of 46, where an MTK ID is named.
 * @throws WrongKeys, or the SDK's errors
 */
export async function openImported(
  unwrap: UnwrapMsk,
  wrappedKey: string,
  of: { readonly keyDomainId: string; readonly mskId: MskId; readonly mtkId: number | undefined },
): Promise<{ readonly msk: SecretKey; readonly mtk: ImportedMtk | undefined }> {
  const octets = await unwrap(
    Buffer.from(wrappedKey, 'base64'),
    wrappingContextOf(of.keyDomainId, of.mskId, of.mtkId),
  );
  try {
    const lengths = of.mtkId === undefined ? [MSK_LENGTH] : [2 * MSK_LENGTH, 2 * MSK_LENGTH + SALT_LENGTH];
    if (!lengths.includes(octets.length))
      throw new WrongKeys(
        'wrong-key-length',
        `the key material has ${lengths.join(' or ')} octets ${of.mtkId === undefined ? 'without' : 'with'} an MTK, not ${octets.length}`,
      );
    const msk = new SecretKey(octets.subarray(0, MSK_LENGTH));
    if (of.mtkId === undefined) return { msk, mtk: undefined };
    const mtk = new SecretKey(octets.subarray(MSK_LENGTH, 2 * MSK_LENGTH));
    const salt = octets.length > 2 * MSK_LENGTH ? new SecretKey(octets.subarray(2 * MSK_LENGTH)) : undefined;
    return { msk, mtk: { mtkId: of.mtkId, mtk, salt } };
  } finally {
    octets.fill(0);
  }
}
