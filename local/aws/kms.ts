import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { AwsError } from './aws-error.ts';
import { type KeptTexts, textsInMemory } from './data-folder.ts';

const encryptionContext = v.optional(v.record(v.string(), v.string()), {});
const generateRequest = v.object({
  KeyId: v.string(),
  KeySpec: v.literal('AES_256'),
  EncryptionContext: encryptionContext,
});
const encryptRequest = v.object({
  KeyId: v.string(),
  Plaintext: v.pipe(v.string(), v.base64()),
  EncryptionContext: encryptionContext,
});
const decryptRequest = v.object({
  KeyId: v.string(),
  CiphertextBlob: v.pipe(v.string(), v.base64()),
  EncryptionContext: encryptionContext,
});

const ALGORITHM = 'aes-256-gcm';
const KEY_LENGTH = 32;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** A stand-in for KMS: random keys, kept where it is told, and the actions that the code uses. */
export class LocalKms {
  readonly #keys: ReadonlyMap<string, Buffer>;

  /** @param kept keys by ARN, in Base64 */
  constructor(keyArns: readonly string[], kept: KeptTexts = textsInMemory()) {
    this.#keys = new Map(keyArns.map((arn) => [arn, keptKey(arn, kept)]));
  }

  /**
   * Answers `GenerateDataKeyWithoutPlaintext`, `Encrypt` or `Decrypt`, in the API's JSON.
   * @throws AwsError
   */
  answer(action: string, request: unknown): unknown {
    if (action === 'GenerateDataKeyWithoutPlaintext') return this.#generate(request);
    if (action === 'Encrypt') return this.#encrypt(request);
    if (action === 'Decrypt') return this.#decrypt(request);
    throw new AwsError('UnknownOperationException', `the local system's KMS has no ${action}`);
  }

  #generate(request: unknown) {
    const { KeyId, EncryptionContext } = v.parse(generateRequest, request);
    return this.#seal(KeyId, EncryptionContext, randomBytes(KEY_LENGTH));
  }

  #encrypt(request: unknown) {
    const { KeyId, EncryptionContext, Plaintext } = v.parse(encryptRequest, request);
    const sealed = this.#seal(KeyId, EncryptionContext, Buffer.from(Plaintext, 'base64'));
    return { ...sealed, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
  }

  #seal(KeyId: string, context: Readonly<Record<string, string>>, plaintext: Buffer) {
    const nonce = randomBytes(NONCE_LENGTH);
    const cipher = createCipheriv(ALGORITHM, this.#find(KeyId), nonce, { authTagLength: TAG_LENGTH });
    cipher.setAAD(additionalData(KeyId, context));
    const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    const blob = Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
    return { KeyId, CiphertextBlob: blob.toString('base64') };
  }

  #decrypt(request: unknown) {
    const { KeyId, CiphertextBlob, EncryptionContext } = v.parse(decryptRequest, request);
    const key = this.#find(KeyId);
    const blob = Buffer.from(CiphertextBlob, 'base64');
    try {
      const nonce = blob.subarray(0, NONCE_LENGTH);
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_LENGTH });
      decipher.setAAD(additionalData(KeyId, EncryptionContext));
      decipher.setAuthTag(blob.subarray(-TAG_LENGTH));
      const sealed = blob.subarray(NONCE_LENGTH, -TAG_LENGTH);
      const plaintext = Buffer.concat([decipher.update(sealed), decipher.final()]);
      return { KeyId, Plaintext: plaintext.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
    } catch {
      const reason = 'the ciphertext was made under another key or context, or was changed';
      throw new AwsError('InvalidCiphertextException', reason);
    }
  }

  #find(arn: string): Buffer {
    const key = this.#keys.get(arn);
    if (key === undefined) throw new AwsError('NotFoundException', `Key '${arn}' does not exist`);
    return key;
  }
}

function keptKey(arn: string, kept: KeptTexts): Buffer {
  const known = kept.get(arn);
  if (known !== undefined) return Buffer.from(known, 'base64');
  const key = randomBytes(KEY_LENGTH);
  kept.set(arn, key.toString('base64'));
  return key;
}

/** The entries of a context have no order, so they are sorted here. */
function additionalData(keyArn: string, context: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(context).sort(([one], [other]) => (one < other ? -1 : 1));
  return Buffer.from(JSON.stringify([keyArn, entries]));
}
