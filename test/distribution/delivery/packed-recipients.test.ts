import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { PackedRecipient, PackedRecipients } from '../../../lib/distribution/delivery/packed-recipients.ts';
import { SentMessages } from '../../../lib/distribution/delivery/sent-messages.ts';
import type { Recipient } from '../../../lib/distribution/recipients/recipient.ts';
import type { Btid } from '../../../lib/gba/btid.ts';
import type { Impi } from '../../../lib/gba/impi.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';

function recipientOf(index: number, name = 'ue'): Recipient {
  return {
    impi: `${name}${index}@home1.net` as Impi,
    btid: `${'x'.repeat(index)}@bsf.home1.net` as Btid,
    muk: new SecretKey(randomBytes(index === 2 ? 16 : 32)),
    bootstrappedAt: 1_790_000_000_000.5 + index,
    expiresAt: index === 1 ? Number.POSITIVE_INFINITY : 1_790_000_000_000 + index,
    address: { address: index === 1 ? '2001:db8::1' : `192.0.2.${index}`, port: 65_535 - index },
  };
}

it('recipients are packed without a loss, whatever their lengths', () => {
  for (const name of ['ue', 'ü', '😀']) {
    const recipients = [0, 1, 2, 3, 4].map((index) => recipientOf(index, index === 3 ? name : 'ue'));
    const packed = new PackedRecipients(recipients);
    expect(packed.size).toBe(5);
    for (const [index, { muk, ...rest }] of recipients.entries()) {
      const {
        impi,
        btid,
        bootstrappedAt,
        expiresAt,
        address,
        muk: other,
      } = new PackedRecipient(packed, index);
      expect({ impi, btid, bootstrappedAt, expiresAt, address }).toEqual(rest);
      expect(other.equals(muk)).toBe(true);
      expect(Buffer.from(packed.btidOctets(index)).toString()).toBe(btid);
    }
  }
});

it('keys of packed recipients do not print', () => {
  const recipient = recipientOf(1);
  const packed = new PackedRecipients([recipient]);
  const octets = Buffer.from(recipient.muk.exposeOctets());
  for (const text of [
    inspect(packed, { depth: 9, showHidden: true }),
    JSON.stringify(packed),
    inspect(packed.muk(0)),
  ]) {
    expect(text).not.toContain(octets.toString('hex').slice(0, 8));
    expect(text).not.toContain([...octets.subarray(0, 4)].join(', '));
  }
  expect(() => packed.muk(1)).toThrow(RangeError);
});

it('each message that a UE was sent is remembered with its RAND, and no message of another UE', () => {
  const messages = new SentMessages(3);
  const rands = randomBytes(64);
  const copy = Uint8Array.from(rands);
  for (const [index, [ue, counter]] of [
    [0, 5],
    [2, 5],
    [2, 9],
    [2, 11],
  ].entries())
    messages.remember(ue ?? 0, counter ?? 0, 100 + index, rands, index * 16);
  rands.fill(0);
  const rand = (index: number) => copy.slice(index * 16, index * 16 + 16);
  expect([0, 1, 2].map((ue) => messages.tried(ue))).toEqual([1, 0, 3]);
  expect(messages.sent(0, 5)).toEqual({ counter: 5, at: 100, rand: rand(0) });
  expect(messages.sent(2, 5)).toEqual({ counter: 5, at: 101, rand: rand(1) });
  expect(messages.sent(2, 9)).toEqual({ counter: 9, at: 102, rand: rand(2) });
  expect(messages.sent(2, 11)).toEqual({ counter: 11, at: 103, rand: rand(3) });
  expect([5, 9, 11, 6].map((counter) => messages.sentAt(2, counter))).toEqual([101, 102, 103, undefined]);
  expect([messages.sent(0, 9), messages.sent(1, 0), messages.sent(2, 6)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
