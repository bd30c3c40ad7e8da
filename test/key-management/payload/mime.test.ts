import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MEDIA_TYPE, parseMediaType } from '../../../lib/key-management/payload/mime.ts';

describe('the media type of a Content-Type', () => {
  it.each([
    'application/mbms-msk+xml',
    'Application/MBMS-MSK+XML',
    ' application/mbms-msk+xml ',
    'application/mbms-msk+xml;charset=utf-8',
    'application/mbms-msk+xml ; charset="utf-8"; a=b',
  ])('is read from %s', (contentType) => {
    expect(parseMediaType(contentType)).toBe(MEDIA_TYPE.mskRequest);
  });

  it.each([
    '',
    ';',
    'application/xml',
    'application/mbms-msk+xml, text/plain',
    'text/plain; a=application/mbms-msk+xml',
  ])('is none of ours in "%s"', (contentType) => {
    expect(Object.values<string>(MEDIA_TYPE)).not.toContain(parseMediaType(contentType));
  });

  it('does not depend on the parameters', () => {
    fc.assert(
      fc.property(fc.string(), (parameters) => {
        expect(parseMediaType(`application/mbms-msk+xml;${parameters}`)).toBe(MEDIA_TYPE.mskRequest);
      }),
    );
  });
});
