import fc from 'fast-check';
import type { DigestAuthorization, DigestChallenge } from '../../lib/http-digest/index.ts';

/** Any text that a quoted-string can hold, quotes and backslashes among it. */
export const quotable = fc.string({
  unit: fc.oneof(
    fc.constantFrom('"', '\\', ',', '=', ' ', '\t'),
    fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    fc.integer({ min: 0x80, max: 0xff }).map((code) => String.fromCharCode(code)),
  ),
  maxLength: 60,
});

/** Text that is almost a header. */
export const headerLike = fc
  .array(
    fc.oneof(
      fc.constantFrom('Digest ', 'digest', 'Basic ', 'realm', 'nonce', 'qop', 'algorithm', 'nc', 'rspauth'),
      fc.constantFrom(
        '=',
        '"',
        '\\',
        ',',
        ' ',
        '\t',
        '\r\n',
        '00000001',
        'auth-int',
        'MD5',
        'cnonce="c"',
        '==',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
      quotable,
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

const optional = <T>(name: string, value: fc.Arbitrary<T>) =>
  fc.option(value).map((some) => (some === null ? {} : { [name]: some }));

/** Credentials with any values they can have. */
export const authorizations: fc.Arbitrary<DigestAuthorization> = fc
  .constantFrom('MD5' as const, 'SHA-256' as const)
  .chain((algorithm) =>
    fc
      .tuple(
        fc.record({
          username: quotable,
          realm: quotable,
          nonce: quotable,
          uri: quotable,
          response: hexOf(algorithm === 'MD5' ? 32 : 64),
          algorithm: fc.constant(algorithm),
          cnonce: quotable,
          qop: fc.constantFrom('auth' as const, 'auth-int' as const),
          nc: fc.integer({ min: 1, max: 0xffffffff }),
        }),
        optional('opaque', quotable),
      )
      .map(([needed, opaque]) => ({ ...needed, ...opaque })),
  );

/** Challenges with any values they can have. */
export const challenges: fc.Arbitrary<DigestChallenge> = fc
  .tuple(
    fc.record({
      realm: quotable,
      nonce: quotable,
      qop: fc.shuffledSubarray(['auth', 'auth-int'] as const, { minLength: 1 }),
      algorithm: fc.constantFrom('MD5' as const, 'SHA-256' as const),
      stale: fc.boolean(),
    }),
    optional('opaque', quotable),
    optional('domain', quotable),
  )
  .map(([needed, ...others]) => Object.assign({}, needed, ...others));

function hexOf(length: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
}
