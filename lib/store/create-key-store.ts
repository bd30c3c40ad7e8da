import type { KMSClient } from '@aws-sdk/client-kms';
import { DataKeys, type DataKeysOptions } from './encryption/data-keys.ts';
import { kmsWrapping } from './encryption/key-wrapping.ts';
import type { KeyStore } from './key-store.ts';
import type { Table } from './table.ts';

/** A table, and the KMS key that its data keys are wrapped by. */
export interface KeyStoreResources extends Table {
  /** Called once, when KMS is first needed. */
  readonly kms: () => KMSClient;
  readonly keyArn: string;
}

/** The key store of a table. Nothing is read, and no data key is opened or made, before the first use. */
export function createKeyStore(
  { dynamodb, tableName, kms, keyArn }: KeyStoreResources,
  options?: DataKeysOptions,
): KeyStore {
  const table = { dynamodb, tableName };
  return { ...table, dataKeys: new DataKeys(table, kmsWrapping(kms, keyArn), options) };
}
