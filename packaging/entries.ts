/** What a user imports, by the part behind the package's name: files without their extension. */
export const ENTRIES: Readonly<Record<string, string>> = {
  './cdk': 'cdk/index',
  './events': 'lib/events/index',
  './gba': 'lib/gba/index',
  './http-digest': 'lib/http-digest/index',
  './keys': 'lib/keys/index',
  './mikey': 'lib/mikey/index',
  './ue': 'lib/ue/index',
};
