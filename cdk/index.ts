/** The BM-SC as a construct of the CDK, its settings, and the key store that a stack may have by itself. */

export { BmscKeyManagement } from './constructs/bmsc-key-management.ts';
export type { IBmscKeyManagement } from './constructs/bmsc-key-management-base.ts';
export type { BmscKeyManagementProps } from './constructs/bmsc-key-management-props.ts';
export type { BmscKeyManagementAttributes } from './constructs/found-bmsc-key-management.ts';
export {
  KeyStore,
  type KeyStoreAttributes,
  type KeyStoreBase,
  type KeyStoreProps,
} from './constructs/key-store.ts';
export { parseSettings, type Settings, SettingsError, type SettingsInput } from './settings/index.ts';
