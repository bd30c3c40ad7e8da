/** Files that guard keys, and the folders of tests that must notice when they are changed. */
export const GUARDED: readonly { readonly files: readonly string[]; readonly tests: readonly string[] }[] = [
  {
    files: ['lib/http-digest/nonce.ts', 'lib/http-digest/nonce-count.ts', 'lib/http-digest/response.ts'],
    tests: ['test/http-digest'],
  },
  {
    files: ['lib/mikey/message/protection.ts', 'lib/mikey/message/verification.ts', 'lib/mikey/crypto/**'],
    tests: ['test/mikey'],
  },
];
