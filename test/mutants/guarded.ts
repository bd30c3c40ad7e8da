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
  { files: ['lib/mikey/message/mikey-message.ts', 'lib/mikey/message/msk.ts'], tests: ['test/mikey'] },
  { files: ['lib/diameter/zn/bootstrapping-info.ts'], tests: ['test/diameter'] },
  { files: ['lib/gba/mbms-keys.ts', 'lib/gba/kdf.ts', 'lib/gba/lifetime.ts'], tests: ['test/gba'] },
  {
    files: [
      'lib/key-management/authentication.ts',
      'lib/key-management/msk-request.ts',
      'lib/key-management/grant.ts',
      'lib/key-management/network-keys.ts',
    ],
    tests: ['test/key-management'],
  },
  {
    files: ['lib/store/association/nonce-counts.ts'],
    tests: ['test/store/nonce-count-update.test.ts', 'test/store/nonce-counts.test.ts'],
  },
  {
    files: ['lib/store/encryption/sealed-octets.ts'],
    tests: ['test/store/sealed-octets.test.ts', 'test/store/tampering.test.ts'],
  },
  { files: ['lib/key-management/nonce-secrets.ts'], tests: ['test/key-management/nonce-secrets.test.ts'] },
  { files: ['lib/store/ledger/page-claim.ts'], tests: ['test/store/push-page.test.ts'] },
  {
    files: ['lib/store/association/bounded-associations.ts'],
    tests: ['test/store/bounded-associations.test.ts'],
  },
  {
    files: ['lib/distribution/delivery/counter.ts', 'lib/distribution/delivery/stamp.ts'],
    tests: ['test/distribution/delivery/counters.test.ts', 'test/distribution/delivery/stamp.test.ts'],
  },
  {
    files: ['lib/mikey/message/verification-batch.ts', 'lib/native/verification-checker.ts'],
    tests: ['test/native/verification-checker.test.ts'],
  },
  {
    files: ['lib/distribution/delivery/outstanding.ts', 'lib/distribution/delivery/csb-id-index.ts'],
    tests: [
      'test/distribution/delivery/outstanding.test.ts',
      'test/distribution/delivery/csb-id-index.test.ts',
    ],
  },
  { files: ['lib/store/ledger/answers.ts'], tests: ['test/store/answers.test.ts'] },
  {
    files: ['lib/key-export/recipient.ts', 'lib/key-export/wrap.ts', 'lib/key-export/export-keys.ts'],
    tests: ['test/key-export/export-keys.test.ts'],
  },
  {
    files: ['lib/srtp/receiver.ts', 'lib/srtp/packet.ts', 'lib/srtp/mki.ts', 'lib/srtp/session-keys.ts'],
    tests: ['test/srtp/srtp.test.ts', 'test/srtp/key-stream.test.ts'],
  },
  { files: ['lib/traffic/mtk-numbers.ts'], tests: ['test/traffic/mtk-numbers.test.ts'] },
  {
    files: ['lib/mikey/payload/key-data.ts', 'lib/mikey/payload/kemac.ts', 'lib/mikey/payload/ext.ts'],
    tests: ['test/mikey'],
  },
];
