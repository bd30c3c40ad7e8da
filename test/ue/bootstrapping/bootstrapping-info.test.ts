import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBtid } from '../../../lib/gba/btid.ts';
import {
  decodeBootstrappingInfo,
  encodeBootstrappingInfo,
} from '../../../lib/ue/bootstrapping/bootstrapping-info.ts';
import { UeError } from '../../../lib/ue/errors.ts';

const refusal = expect.objectContaining({ name: 'UeError', code: 'bad-answer' });
const decode = (xml: string) => decodeBootstrappingInfo(Buffer.from(xml));
const BTID = 'fve4iTWb1rTb297CzVSrpw==@bsf.ims.mnc045.mcc123.pub.3gppnetwork.org';
const document = (children: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<BootstrappingInfo xmlns="uri:3gpp-gba">\n${children}\n</BootstrappingInfo>\n`;
const TRACE = document(`<btid>${BTID}</btid>\n<lifetime>2020-10-28T23:36:26Z</lifetime>`);

describe('the BootstrappingInfo of Ub', () => {
  test('is read from the trace of a public client of GBA', () => {
    expect(decode(TRACE)).toEqual({ btid: BTID, expiresAt: Date.UTC(2020, 9, 28, 23, 36, 26) });
  });

  // @clause TS 24.109 annex C.1 s1
  test('comes back as it was', () => {
    const btid = parseBtid(BTID);
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
        const info = { btid, expiresAt: date.getTime() };
        expect(decode(encodeBootstrappingInfo(info))).toEqual(info);
      }),
    );
  });

  // @clause TS 24.109 annex C.1 s4
  test('may have an offset from UTC, fractions of a second, and an extension', () => {
    const extension = '<Extension><btid>x</btid></Extension>';
    expect(
      decode(document(`<btid>${BTID}</btid><lifetime>2005-11-21T13:20:00.5-05:00</lifetime>${extension}`)),
    ).toEqual({ btid: BTID, expiresAt: Date.UTC(2005, 10, 21, 18, 20, 0, 500) });
  });

  test.each([
    ['nothing', ''],
    ['no XML', 'btid'],
    ['another root', TRACE.replaceAll('BootstrappingInfo', 'Bootstrapping')],
    ['no B-TID', document('<lifetime>2020-10-28T23:36:26Z</lifetime>')],
    ['two B-TIDs', TRACE.replace('<btid>', `<btid>${BTID}</btid><btid>`)],
    ['a B-TID with a line break', TRACE.replace('==@', '==@\r\n')],
    ['no lifetime', document(`<btid>${BTID}</btid>`)],
    ['a lifetime that is no time', TRACE.replace('2020-10-28T', '2020-13-48T')],
    ['a lifetime without a zone', TRACE.replace('26Z', '26')],
    ['a DTD', TRACE.replace('<Boot', '<!DOCTYPE x [<!ENTITY e "e">]><Boot')],
    ['a document that is too large', TRACE + ' '.repeat(70_000)],
  ])('is refused with %s', (_what, xml) => {
    expect(() => decode(xml)).toThrow(refusal);
  });

  test('any octets are read or give a UeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        try {
          decodeBootstrappingInfo(octets);
        } catch (error) {
          expect(error).toBeInstanceOf(UeError);
        }
      }),
    );
  });
});
