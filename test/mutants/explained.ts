/** A change that no test can notice, and why that is right. */
export interface Explanation {
  readonly file: string;
  /** The line that the change begins on, trimmed: the same change of another line is another mutant. */
  readonly line: string;
  /** The changed code, with white space folded; and what stands in its place. */
  readonly original: string;
  readonly replacement: string;
  readonly why: string;
}

export const EXPLAINED: readonly Explanation[] = [
  {
    file: 'lib/mikey/message/protection.ts',
    line: 'if (kemac === undefined || kemac.encrData.length === 0) return [];',
    original: 'kemac === undefined',
    replacement: 'false',
    why: 'a message without KEMAC has been refused in the line before; the condition is for the type checker',
  },
  {
    file: 'lib/mikey/message/protection.ts',
    line: 'const plain = keyData.length === 0 ? new Uint8Array(0) : encodeKeyData(keyData);',
    original: 'keyData.length === 0',
    replacement: 'false',
    why: 'no key data is encoded as no octets',
  },
  {
    file: 'lib/diameter/zn/bootstrapping-info.ts',
    line: 'gbaType: gbaType === undefined ? undefined : nameIn(GBA_TYPE, gbaType),',
    original: 'gbaType === undefined',
    replacement: 'false',
    why: 'no number has no name either; the condition is for the type checker',
  },
  {
    file: 'lib/key-management/msk-request.ts',
    line: 'if (group === undefined || msk === undefined) return { ...key, responseCode: RESPONSE_CODE.unknown };',
    original: 'group === undefined',
    replacement: 'false',
    why: 'a Key Group that is not there has no MSK either; the condition is for the type checker',
  },
  {
    file: 'lib/store/association/nonce-counts.ts',
    line: 'for (const seen of counts.windows.get(other)?.seen ?? [])',
    original: 'counts.windows.get(other)?.seen',
    replacement: 'counts.windows.get(other).seen',
    why: 'the evicted labels are taken from these windows, so each is there; the `?.` is for the type checker',
  },
  {
    file: 'lib/store/association/nonce-counts.ts',
    line: 'for (const seen of counts.windows.get(other)?.seen ?? [])',
    original: '[]',
    replacement: '["Stryker was here"]',
    why: 'in `counts.windows.get(other)?.seen ?? []`: each evicted label is there, as above',
  },
  {
    file: 'lib/store/association/nonce-counts.ts',
    line: 'return Number.parseInt(label.slice(0, 9), 36);',
    original: 'label.slice(0, 9)',
    replacement: 'label',
    why: 'parseInt stops at the hyphen after the nine digits',
  },
  {
    file: 'lib/store/association/nonce-counts.ts',
    line: 'return one < other ? -1 : 1;',
    original: 'one < other',
    replacement: 'one <= other',
    why: 'labels are the keys of a map: no two are equal',
  },
  {
    file: 'lib/key-export/recipient.ts',
    line: "if (key.asymmetricKeyType === 'ec' && CURVES.includes(namedCurve))",
    original: "key.asymmetricKeyType === 'ec'",
    replacement: 'true',
    why: 'keys of no other type have a named curve',
  },
  {
    file: 'lib/store/encryption/sealed-octets.ts',
    line: 'const OPTIONS = { authTagLength: TAG_LENGTH };',
    original: '{ authTagLength: TAG_LENGTH }',
    replacement: '{}',
    why: 'a tag of 16 octets is the default, and the length of what is opened is checked before',
  },
  {
    file: 'lib/store/encryption/sealed-octets.ts',
    line: 'octets.fill(0);',
    original: 'octets.fill(0);',
    replacement: ';',
    why: 'wipes a buffer that nobody can reach any more: no test can see it',
  },
  {
    file: 'lib/store/encryption/sealed-octets.ts',
    line: '} finally {',
    original: '{ octets.fill(0); }',
    replacement: '{}',
    why: 'as above',
  },
  {
    file: 'lib/mikey/message/mikey-message.ts',
    line: 'encodeHeader(writer, payloads.header, parts[0]?.[0] ?? PAYLOAD.LAST);',
    original: 'parts[0]?.[0]',
    replacement: 'parts[0][0]',
    why: 'every message begins with T, so there is a first part; the `?.` is for the type checker',
  },
  {
    file: 'lib/store/ledger/page-claim.ts',
    line: "values: { ':sender': { S: sender }, ':noted': { B: packed({ verified, sent: [], failed: {} }) } },",
    original: '[]',
    replacement: '["Stryker was here"]',
    why: 'in `{ verified, sent: [], failed: {} }`: of UEs noted while a page waits, only `verified` is read',
  },
  {
    file: 'lib/store/association/bounded-associations.ts',
    line: 'for (let start = 0; start < btids.length; start += MAX_BATCH) {',
    original: 'start < btids.length',
    replacement: 'start <= btids.length',
    why: 'a batch of no keys reads nothing',
  },
  {
    file: 'lib/store/ledger/answers.ts',
    line: "const [first, last] = since === undefined ? [] : [new Date(since).toISOString(), '~'];",
    original: '[]',
    replacement: '["Stryker was here"]',
    why: 'a query has no lower bound without an upper one, and there is none here',
  },
  {
    file: 'lib/http-digest/response.ts',
    line: '...(opaque === undefined ? {} : { opaque }),',
    original: 'opaque === undefined',
    replacement: 'false',
    why: 'the header leaves out an opaque that is undefined, as one that is not there',
  },
  {
    file: 'lib/mikey/crypto/hmac-sha1.ts',
    line: 'if (hash === undefined || key.length > SHA1_BLOCK_LENGTH) return undefined;',
    original: 'hash === undefined',
    replacement: 'false',
    why: 'the Node that runs the mutants has one-shot hashes',
  },
  {
    file: 'lib/mikey/crypto/hmac-sha1.ts',
    line: 'for (let index = 0; index < key.length; index++) {',
    original: 'index < key.length',
    replacement: 'index <= key.length',
    why: 'beyond the key is 0, which leaves the pad as it is; beyond the block the text or digest follows',
  },
  {
    file: 'lib/mikey/crypto/hmac-sha1.ts',
    line: '} finally {',
    original: '{ inner.fill(0, 0, length); outer.fill(0); }',
    replacement: '{}',
    why: 'wipes buffers that nobody else can reach, and that the next call fills anew: no test can see it',
  },
  {
    file: 'lib/mikey/crypto/hmac-sha1.ts',
    line: 'inner.fill(0, 0, length);',
    original: 'inner.fill(0, 0, length);',
    replacement: ';',
    why: 'as above',
  },
  {
    file: 'lib/mikey/crypto/hmac-sha1.ts',
    line: 'outer.fill(0);',
    original: 'outer.fill(0);',
    replacement: ';',
    why: 'as above',
  },
  {
    file: 'lib/mikey/crypto/prf.ts',
    line: 'for (let index = 0; index < length; index++) out[index] = (out[index] ?? 0) ^ (run[index] ?? 0);',
    original: 'index < length',
    replacement: 'index <= length',
    why: 'an octet beyond the end of a typed array is not written',
  },
  {
    file: 'lib/key-management/network-keys.ts',
    line: "if (verdict.kind !== 'challenge') return undefined;",
    original: "verdict.kind !== 'challenge'",
    replacement: 'false',
    why: 'only a challenge has a reason, which the next line asks for; the condition is for the type checker',
  },
  {
    file: 'lib/key-management/network-keys.ts',
    line: 'if (bootstrapping === undefined) return undefined;',
    original: 'bootstrapping === undefined',
    replacement: 'false',
    why: 'there is no key source under no name; the condition is for the type checker',
  },
];
