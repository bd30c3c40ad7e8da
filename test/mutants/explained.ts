/** A change that no test can notice, and why that is right. */
export interface Explanation {
  readonly file: string;
  /** The changed code, with white space folded; and what stands in its place. */
  readonly original: string;
  readonly replacement: string;
  readonly why: string;
}

export const EXPLAINED: readonly Explanation[] = [
  {
    file: 'lib/mikey/message/protection.ts',
    original: 'kemac === undefined',
    replacement: 'false',
    why: 'a message without KEMAC has been refused in the line before; the condition is for the type checker',
  },
  {
    file: 'lib/mikey/message/protection.ts',
    original: 'keyData.length === 0',
    replacement: 'false',
    why: 'no key data is encoded as no octets',
  },
  {
    file: 'lib/key-management/msk-request.ts',
    original: 'group === undefined',
    replacement: 'false',
    why: 'a Key Group that is not there has no MSK either; the condition is for the type checker',
  },
];
