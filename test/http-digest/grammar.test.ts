import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DigestError } from '../../lib/http-digest/errors.ts';
import {
  MAX_HEADER_LENGTH,
  needParam,
  parseCredentials,
  parseParams,
  parseSchemes,
  quoted,
} from '../../lib/http-digest/grammar.ts';
import { headerLike, quotable } from './arbitrary.ts';

/** Cases in the manner of Julian Reschke's collection for WWW-Authenticate: header, then what it means. */
const LEGAL: readonly [what: string, header: string, meaning: readonly (readonly [string, object])[]][] = [
  ['a quoted value', 'Basic realm="foo"', [['basic', { realm: 'foo' }]]],
  ['a token value', 'Basic realm=foo', [['basic', { realm: 'foo' }]]],
  ['a scheme in upper case', 'BASIC REALM="foo"', [['basic', { realm: 'foo' }]]],
  ['space round "="', 'Basic realm = "foo"', [['basic', { realm: 'foo' }]]],
  ['tabs round "="', 'Basic realm\t=\t"foo"', [['basic', { realm: 'foo' }]]],
  ['several spaces after the scheme', 'Basic    realm="foo"', [['basic', { realm: 'foo' }]]],
  ['a comma before the first parameter', 'Basic , realm="foo"', [['basic', { realm: 'foo' }]]],
  ['empty elements', ', ,Basic ,, realm="foo",, ,a=b,', [['basic', { realm: 'foo', a: 'b' }]]],
  ['space at both ends', ' \tBasic realm="foo" \t', [['basic', { realm: 'foo' }]]],
  ['no space after the comma', 'Basic realm="foo",a=b', [['basic', { realm: 'foo', a: 'b' }]]],
  ['quoted pairs', 'Basic realm="\\f\\o\\o"', [['basic', { realm: 'foo' }]]],
  ['an escaped quote', 'Basic realm="\\"foo\\""', [['basic', { realm: '"foo"' }]]],
  ['an escaped backslash at the end', 'Basic realm="foo\\\\"', [['basic', { realm: 'foo\\' }]]],
  ['a comma in a quoted value', 'Basic realm="a, b=c", d=e', [['basic', { realm: 'a, b=c', d: 'e' }]]],
  ['a scheme inside a quoted value', 'Basic realm=", Digest x=y"', [['basic', { realm: ', Digest x=y' }]]],
  ['an empty quoted value', 'Basic realm=""', [['basic', { realm: '' }]]],
  ['octets above ASCII', 'Basic realm="foo-\xe4"', [['basic', { realm: 'foo-\xe4' }]]],
  [
    'a name that every object has',
    'Basic __proto__="x"',
    [['basic', Object.fromEntries([['__proto__', 'x']])]],
  ],
  ['a scheme alone', 'Negotiate', [['negotiate', {}]]],
  ['a token68', 'Negotiate a-._~+/0==', [['negotiate', {}]]],
  ['a token68 that looks like a name', 'Negotiate realm', [['negotiate', {}]]],
  ['nothing', ' , ', []],
  [
    'two schemes',
    'Basic realm="b", Digest realm="d", nonce=n',
    [
      ['basic', { realm: 'b' }],
      ['digest', { realm: 'd', nonce: 'n' }],
    ],
  ],
  [
    'the same scheme twice',
    'Digest realm="a", algorithm=SHA-256, Digest realm="a", algorithm=MD5',
    [
      ['digest', { realm: 'a', algorithm: 'SHA-256' }],
      ['digest', { realm: 'a', algorithm: 'MD5' }],
    ],
  ],
  [
    'a scheme alone, a token68 and parameters',
    'Negotiate, NTLM TlRM==, Digest realm=d',
    [
      ['negotiate', {}],
      ['ntlm', {}],
      ['digest', { realm: 'd' }],
    ],
  ],
];

const ILLEGAL: readonly [what: string, header: string, code: string][] = [
  ['a parameter without a scheme', 'realm="foo"', 'malformed'],
  ['a comma between scheme and parameters', 'Basic, realm="foo"', 'malformed'],
  ['no space between scheme and parameters', 'Basic"foo"', 'malformed'],
  ['no space between scheme and token68', 'Basic/abc', 'malformed'],
  ['a missing comma', 'Basic realm="foo" a=b', 'malformed'],
  ['an open quote', 'Basic realm="foo', 'malformed'],
  ['a quote opened by its escape', 'Basic realm="foo\\"', 'malformed'],
  ['text after a quoted value', 'Basic realm="foo"bar', 'malformed'],
  ['a quote inside a token', 'Basic realm=f"o"o', 'malformed'],
  ['single quotes with a space', "Basic realm='f o'", 'malformed'],
  ['no value before the next parameter', 'Basic a=b, realm=, c=d', 'malformed'],
  ['parameters after a token68', 'Basic abc=, realm="foo"', 'malformed'],
  ['a parameter twice', 'Basic realm="a", realm="a"', 'duplicate-parameter'],
  ['a parameter twice in different case', 'Basic realm="a", Realm="b"', 'duplicate-parameter'],
  ['a line break in a value', 'Basic realm="a\r\nb"', 'malformed'],
  ['a line break between parameters', 'Basic realm="a",\r\n b=c', 'malformed'],
  ['a zero octet', 'Basic realm="a\0"', 'malformed'],
  ['an escaped control character', 'Basic realm="a\\\x01"', 'malformed'],
  ['a character that is no octet', 'Basic realm="\u4e2d"', 'malformed'],
  ['a token that is not ASCII', 'Basic realm=\xe4', 'malformed'],
];

describe('a header with challenges', () => {
  test.each(LEGAL)('may have %s', (_what, header, meaning) => {
    const schemes = parseSchemes(header).map(({ scheme, params }) => [scheme, Object.fromEntries(params)]);
    expect(schemes).toEqual(meaning);
  });

  test.each(ILLEGAL)('may not have %s', (_what, header, code) => {
    expect(() => parseSchemes(header)).toThrow(expect.objectContaining({ name: 'DigestError', code }));
  });

  test('has a bound on its length', () => {
    const header = (length: number) => `Basic a=${'x'.repeat(length - 'Basic a='.length)}`;
    expect(parseSchemes(header(MAX_HEADER_LENGTH))).toHaveLength(1);
    expect(() => parseSchemes(header(MAX_HEADER_LENGTH + 1))).toThrow(
      expect.objectContaining({ code: 'too-long' }),
    );
  });
});

describe('credentials', () => {
  test.each([
    ['nothing', ''],
    ['another scheme', 'Basic realm="a"'],
    ['two sets', 'Digest a=b, Digest c=d'],
    ['a token68', 'Digest YWJj=='],
    ['a token68 that looks like a name', 'Digest username'],
  ])('are refused with %s', (_what, header) => {
    expect(() => parseCredentials(header)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  test('need their parameters', () => {
    expect(needParam(parseCredentials('dIgEsT A=b'), 'a')).toBe('b');
    expect(() => needParam(parseCredentials('Digest'), 'a')).toThrow(
      expect.objectContaining({ code: 'missing-parameter' }),
    );
  });
});

describe('parameters that stand alone', () => {
  test('come in any order with any empty elements', () => {
    expect([...parseParams(' ,b="2",, A = 1 ,')]).toEqual([
      ['b', '2'],
      ['a', '1'],
    ]);
  });

  test.each(['Digest a=b', 'a', 'a=', 'a=b c=d', '=b', 'a=b;c=d'])('are refused in %j', (header) => {
    expect(() => parseParams(header)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });
});

describe('any text', () => {
  // @clause RFC 9110 §5.6.4 s1
  test('that can be quoted comes back as it was', () => {
    fc.assert(
      fc.property(quotable, quotable, (one, other) => {
        const params = parseParams(`${quoted('one', one)},${quoted('other', other)}`);
        expect([...params]).toEqual([
          ['one', one],
          ['other', other],
        ]);
      }),
    );
  });

  test('that would end or garble the header line is not quoted', () => {
    for (const character of ['\r', '\n', '\0', '\x1f', '\x7f', '\u0100', '\u{1f511}']) {
      expect(() => quoted('name', `a${character}b`)).toThrow(
        expect.objectContaining({ code: 'bad-parameter' }),
      );
    }
  });

  test('gives schemes or a DigestError', () => {
    fc.assert(
      fc.property(fc.oneof(headerLike, fc.string({ unit: 'binary' })), (header) => {
        for (const parse of [parseSchemes, parseParams, parseCredentials]) {
          try {
            parse(header);
          } catch (error) {
            expect(error).toBeInstanceOf(DigestError);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  test.each(['"', '\\', 'a ', 'a=', ' ', ',', '=', 'a\t'])(
    'is settled at once however often it repeats %j',
    (unit) => {
      const header = `Digest a="${unit.repeat(MAX_HEADER_LENGTH)}`.slice(0, MAX_HEADER_LENGTH);
      const bare = `Digest ${unit.repeat(MAX_HEADER_LENGTH)}`.slice(0, MAX_HEADER_LENGTH);
      const start = performance.now();
      for (const text of [header, bare]) {
        try {
          parseSchemes(text);
        } catch (error) {
          expect(error).toBeInstanceOf(DigestError);
        }
      }
      expect(performance.now() - start).toBeLessThan(250);
    },
  );
});
