import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DiameterError, decodeUssList, encodeUssList } from '../../lib/diameter/index.ts';

const decode = (xml: string) => decodeUssList(Buffer.from(xml));
const refused = (xml: string) => () => decode(xml);
const refusal = expect.objectContaining({ name: 'DiameterError', code: 'bad-value' });

describe('user security settings', () => {
  test('are read from what an HSS writes, by local names, whatever the namespace', () => {
    const xml = `<?xml version="1.0"?><g:ussList xmlns:g="urn:any"><g:uss id="4" type="4" nafGroup="tv">
      <g:uids><g:uid>sip:a@home1.net</g:uid><g:uid> tel:+1 </g:uid></g:uids>
      <g:flags><g:flag>1</g:flag></g:flags><g:keyChoice>ME_BASED_KEY</g:keyChoice></g:uss></g:ussList>`;
    expect(decode(xml)).toEqual([
      {
        gsId: 4,
        gsType: 4,
        nafGroup: 'tv',
        ueIds: ['sip:a@home1.net', 'tel:+1'],
        keyChoice: 'ME_BASED_KEY',
      },
    ]);
  });

  test('are read from the root of Zh as well', () => {
    const xml =
      '<guss id="a@b"><bsfInfo><uiccType>GBA_U</uiccType></bsfInfo><ussList><uss id="4" type="4"/></ussList></guss>';
    expect(decode(xml)).toMatchObject([{ gsId: 4, ueIds: [], keyChoice: undefined }]);
  });

  test.each([
    ['UICC_BASED_KEY', 'UICC_BASED_KEY'],
    ['UICC-based key', 'UICC_BASED_KEY'],
    ['ME-UICC-based keys', 'ME_UICC_BASED_KEYS'],
    ['another', undefined],
  ])('take the key choice %s for %s', (text, keyChoice) => {
    const xml = `<ussList><uss id="4" type="4"><keyChoice>${text}</keyChoice></uss></ussList>`;
    expect(decode(xml)[0]?.keyChoice).toBe(keyChoice);
  });

  test('may be an empty list', () => {
    expect(decode('<ussList/>')).toEqual([]);
  });

  test.each([
    '',
    'ussList',
    '<ussList>',
    '<other/>',
    '<ussList/><ussList/>',
    '<guss/>',
    '<ussList><uss/></ussList>',
    '<ussList><uss id="four" type="4"/></ussList>',
    '<ussList><uss id="4" type="-4"/></ussList>',
    '<!DOCTYPE ussList [<!ENTITY a "b">]><ussList/>',
    '<!DOCTYPE ussList SYSTEM "file:///etc/passwd"><ussList/>',
    `<ussList>${'<a>'.repeat(100)}${'</a>'.repeat(100)}</ussList>`,
  ])('are refused as %j', (xml) => {
    expect(refused(xml)).toThrow(refusal);
  });

  test('of too many octets are refused before they are parsed', () => {
    expect(refused(' '.repeat(32_769))).toThrow(expect.objectContaining({ code: 'too-long' }));
  });

  test('are read as they were written', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab<>&"\' é😀'), minLength: 1 }).map((s) => `x${s}x`);
    const settings = fc.array(
      fc.record({
        gsId: fc.nat(),
        gsType: fc.nat(),
        nafGroup: fc.option(text, { nil: undefined }),
        ueIds: fc.array(text, { minLength: 1, maxLength: 3 }),
        keyChoice: fc.constantFrom(undefined, 'ME_BASED_KEY', 'UICC_BASED_KEY', 'ME_UICC_BASED_KEYS'),
      }),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(settings, (list) => {
        expect(decodeUssList(encodeUssList(list))).toEqual(list);
      }),
    );
  });

  test('no octets make the decoder throw anything but its own error', () => {
    const parts = fc.constantFrom(
      '<ussList',
      '<uss ',
      'id="4"',
      '>',
      '</uss>',
      '</ussList>',
      '&lt;',
      '<![CDATA[',
      '<!',
    );
    const input = fc.oneof(
      fc.uint8Array(),
      fc.array(parts).map((list) => Buffer.from(list.join(''))),
    );
    fc.assert(
      fc.property(input, (octets) => {
        try {
          decodeUssList(octets);
        } catch (error) {
          expect(error).toBeInstanceOf(DiameterError);
        }
      }),
    );
  });
});
