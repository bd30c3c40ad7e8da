import { expect, it } from 'vitest';
import { createRandomOctets } from '../../../lib/distribution/delivery/random-octets.ts';

it('random octets are never handed out twice, whatever the lengths asked for', () => {
  const random = createRandomOctets(64);
  const drawn = Array.from({ length: 500 }, (_, index) => random(8 + (index % 13)));
  const copies = drawn.map((octets) => Buffer.from(octets).toString('hex'));
  expect(drawn.map(({ length }) => length)).toEqual(drawn.map((_, index) => 8 + (index % 13)));
  expect(new Set(copies.map((hex) => hex.slice(0, 16))).size).toBe(500);
  // What was handed out stays as it was.
  expect(drawn.map((octets) => Buffer.from(octets).toString('hex'))).toEqual(copies);
  expect(random(100)).toHaveLength(100);
});
