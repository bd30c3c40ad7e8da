import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import * as v from 'valibot';

/** A stand-in for KMS: keys that exist in memory only, and the two actions that the code uses. */
export interface LocalKms {
  /**
   * One action of the API, `GenerateDataKeyWithoutPlaintext` or `Decrypt`: request and answer in its JSON.
   * @throws KmsError as KMS answers what it refuses
   */
  readonly answer: (action: string, request: unknown) => unknown;
}

/** What KMS refuses, by the name of its exception. */
export class KmsError extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

const encryptionContext = v.optional(v.record(v.string(), v.string()), {});
const generateRequest = v.object({
  KeyId: v.string(),
  KeySpec: v.literal('AES_256'),
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

/** A KMS that has the keys of these ARNs, each with random octets of its own until the process ends. */
export function createKms(keyArns: readonly string[]): LocalKms {
  const keys = new Map(keyArns.map((arn) => [arn, randomBytes(KEY_LENGTH)]));
  const keyOf = (arn: string) => {
    const key = keys.get(arn);
    if (key === undefined) throw new KmsError('NotFoundException', `Key '${arn}' does not exist`);
    return key;
  };

  const generate = (request: unknown) => {
    const { KeyId, EncryptionContext } = v.parse(generateRequest, request);
    const nonce = randomBytes(NONCE_LENGTH);
    const cipher = createCipheriv(ALGORITHM, keyOf(KeyId), nonce, { authTagLength: TAG_LENGTH });
    cipher.setAAD(additionalData(KeyId, EncryptionContext));
    const sealed = Buffer.concat([cipher.update(randomBytes(KEY_LENGTH)), cipher.final()]);
    const blob = Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
    return { KeyId, CiphertextBlob: blob.toString('base64') };
  };

  const decrypt = (request: unknown) => {
    const { KeyId, CiphertextBlob, EncryptionContext } = v.parse(decryptRequest, request);
    const key = keyOf(KeyId);
    const blob = Buffer.from(CiphertextBlob, 'base64');
    try {
      const nonce = blob.subarray(0, NONCE_LENGTH);
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_LENGTH });
      decipher.setAAD(additionalData(KeyId, EncryptionContext));
      decipher.setAuthTag(blob.subarray(-TAG_LENGTH));
      const plaintext = Buffer.concat([
        decipher.update(blob.subarray(NONCE_LENGTH, -TAG_LENGTH)),
        decipher.final(),
      ]);
      return { KeyId, Plaintext: plaintext.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
    } catch {
      throw new KmsError('InvalidCiphertextException', 'the ciphertext, the key or the context is another');
    }
  };

  return {
    answer: (action, request) => {
      if (action === 'GenerateDataKeyWithoutPlaintext') return generate(request);
      if (action === 'Decrypt') return decrypt(request);
      throw new KmsError('UnknownOperationException', `the local system's KMS has no ${action}`);
    },
  };
}

/** The order of a context's entries has no meaning, so it is fixed here. */
function additionalData(keyArn: string, context: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(context).sort(([one], [other]) => (one < other ? -1 : 1));
  return Buffer.from(JSON.stringify([keyArn, entries]));
}
