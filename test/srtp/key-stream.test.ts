import { createCipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { KeyStream } from '../../lib/srtp/key-stream.ts';

test('property: the key stream is that of AES in counter mode, for any length and packet after packet', () => {
  const key = randomBytes(16);
  const stream = new KeyStream(new SecretKey(key));
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 14, maxLength: 14 }),
      fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1000, max: 9000 })),
      (start, length) => {
        const iv = Uint8Array.from([...start, 0, 0]);
        const data = randomBytes(length);
        const expected = createCipheriv('aes-128-ctr', key, iv).update(data);
        const [before, got] = [Uint8Array.from(iv), Uint8Array.from(data)];
        stream.apply(iv, got);
        expect(Buffer.compare(got, expected)).toBe(0);
        expect(iv).toEqual(before);
      },
    ),
  );
});
