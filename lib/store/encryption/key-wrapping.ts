import { createSecretKey, type KeyObject } from 'node:crypto';
import { DecryptCommand, GenerateDataKeyWithoutPlaintextCommand, type KMSClient } from '@aws-sdk/client-kms';
import { StoreError } from '../errors.ts';

/** What a data key is for; KMS unwraps it for nothing else, and logs it with each use. */
export interface DataKeyPurpose {
  /** The table that the data key was made for. */
  readonly table: string;
  readonly dataKeyId: number;
}

/** Makes data keys and unwraps them, under a key that never leaves where it is. */
export interface KeyWrapping {
  /** @returns the new data key as it is to be kept, wrapped. @throws StoreError `data-key-unavailable` */
  readonly newDataKey: (purpose: DataKeyPurpose) => Promise<Uint8Array>;
  /** @throws StoreError `data-key-unavailable` */
  readonly unwrap: (wrapped: Uint8Array, purpose: DataKeyPurpose) => Promise<KeyObject>;
}

/** Octets of a data key. */
const DATA_KEY_LENGTH = 32;

/** Data keys wrapped by the KMS key of an ARN. The client is made when it is first needed. */
export function kmsWrapping(createKms: () => KMSClient, keyArn: string): KeyWrapping {
  let created: KMSClient | undefined;
  const kms = () => {
    created ??= createKms();
    return created;
  };
  return {
    // Without plaintext: the maker of a data key reads it from the table as all others do.
    newDataKey: (purpose) =>
      orUnavailable('make', purpose, async () => {
        const { CiphertextBlob } = await kms().send(
          new GenerateDataKeyWithoutPlaintextCommand({
            KeyId: keyArn,
            KeySpec: 'AES_256',
            EncryptionContext: contextOf(purpose),
          }),
        );
        if (CiphertextBlob === undefined) throw new Error('KMS answered without one');
        return CiphertextBlob;
      }),
    unwrap: (wrapped, purpose) =>
      orUnavailable('unwrap', purpose, async () => {
        const { Plaintext = new Uint8Array() } = await kms().send(
          new DecryptCommand({
            KeyId: keyArn,
            CiphertextBlob: wrapped,
            EncryptionContext: contextOf(purpose),
          }),
        );
        if (Plaintext.length !== DATA_KEY_LENGTH) throw new Error('it is no AES-256 key');
        const key = createSecretKey(Plaintext);
        Plaintext.fill(0);
        return key;
      }),
  };
}

function contextOf({ table, dataKeyId }: DataKeyPurpose): Record<string, string> {
  return { table, dataKeyId: String(dataKeyId) };
}

async function orUnavailable<T>(
  what: string,
  { table, dataKeyId }: DataKeyPurpose,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError(
      'data-key-unavailable',
      `could not ${what} data key ${dataKeyId} of table ${table}: ${reason}`,
      { cause },
    );
  }
}
