import { createHash, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { SigningSha256 } from '../../../functions/aws-calls/signing-sha256.ts';
import { seededRandom } from '../../seeded-random.ts';

const random = seededRandom(1);

test('hashes and HMACs of all lengths are those of node:crypto', async () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 200]) {
    const data = random.octets(length);
    const hash = new SigningSha256();
    hash.update(data);
    expect(await hash.digest()).toEqual(createHash('sha256').update(data).digest());
    for (const keyLength of [0, 1, 32, 64, 65, 200]) {
      const key = random.octets(keyLength);
      const hmac = new SigningSha256(key);
      hmac.update(data);
      expect(await hmac.digest()).toEqual(createHmac('sha256', key).update(data).digest());
    }
  }
});

test('data may come in parts, as text, or as any view of memory', async () => {
  const memory = random.octets(12);
  const view = new DataView(memory.buffer, memory.byteOffset + 2, 6);
  const expected = createHmac('sha256', 'ü').update('é').update(view).update(memory).digest();
  const hmac = new SigningSha256('ü');
  for (const part of ['é', view, memory.slice().buffer]) hmac.update(part);
  expect(await hmac.digest()).toEqual(expected);
  hmac.reset();
  hmac.update('b');
  expect(await hmac.digest()).toEqual(createHmac('sha256', 'ü').update('b').digest());
});
