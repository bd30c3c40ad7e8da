import { expect, it } from 'vitest';
import { parseBtid } from '../../lib/gba/btid.ts';
import { bsfByDomain } from '../../lib/key-source/bsf-by-domain.ts';

const domains = { 'bsf.home1.net': 'http://one', 'bsf.home2.net': 'http://two' };

it.each([
  ['a@bsf.home1.net', 'http://one'],
  ['a@BSF.Home2.net', 'http://two'],
  ['a@bsf.home3.net', 'http://other'],
  ['a@constructor', 'http://other'],
])('the BSF of %s is at %s', (btid, apiRoot) => {
  expect(bsfByDomain({ domains, apiRoot: 'http://other' })(parseBtid(btid))).toBe(apiRoot);
});

it('a domain that is not set has no BSF, whatever its name', () => {
  for (const btid of ['a@bsf.home3.net', 'a@constructor'])
    expect(bsfByDomain({ domains })(parseBtid(btid))).toBeUndefined();
});
