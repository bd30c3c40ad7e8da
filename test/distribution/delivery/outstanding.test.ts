import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CheckMessages,
  type Outstanding,
  OutstandingMessages,
} from '../../../lib/distribution/delivery/outstanding.ts';
import {
  checkVerificationMessages,
  encodeVerificationMessage,
  type MskRecipient,
} from '../../../lib/mikey/index.ts';
import { ADDRESSING } from '../../mikey/messages.ts';

const { bmscId, ...someone } = ADDRESSING;
const check: CheckMessages = (messages, sentWith) => checkVerificationMessages(messages, bmscId, sentWith);

/** What a UE was sent: two messages, with the counters 1 and 2. */
function flightTo(csbId: number): Outstanding {
  const messages: MskRecipient[] = [1, 2].map((counter) => ({ ...someone, csbId, counter }));
  return { csbId, sentWith: (counter) => messages.find((each) => each.counter === counter) };
}

function answerTo(csbId: number, counter = 1): Uint8Array {
  return encodeVerificationMessage({ ...ADDRESSING, csbId, counter });
}

const changed = (octets: Uint8Array, at: number) => octets.with(at, (octets.at(at) ?? 0) ^ 1);
const OWN = [7, 8, 9];

function waiting() {
  const outstanding = new OutstandingMessages<Outstanding>(() => 0);
  for (const csbId of OWN) outstanding.add(flightTo(csbId));
  return outstanding;
}

/** What each datagram was, as text. */
function receive(outstanding: OutstandingMessages<Outstanding>, datagrams: readonly Uint8Array[]): string[] {
  return outstanding
    .receive(datagrams, check)
    .map((each) =>
      each.kind === 'ignored' ? each.reason : `verified ${each.outstanding.csbId} by ${each.counter}`,
    );
}

describe('outstanding messages', () => {
  it('are verified by the answer to any of them, once', () => {
    const outstanding = waiting();
    expect(receive(outstanding, [answerTo(8, 2), answerTo(7)])).toEqual([
      'verified 8 by 2',
      'verified 7 by 1',
    ]);
    expect(receive(outstanding, [answerTo(8, 2), answerTo(9)])).toEqual(['not-expected', 'verified 9 by 1']);
    expect(outstanding.size).toBe(0);
  });

  it('are verified once where an answer comes twice in a batch', () => {
    expect(receive(waiting(), [answerTo(8), answerTo(8), answerTo(8, 2)])).toEqual([
      'verified 8 by 1',
      'not-expected',
      'not-expected',
    ]);
  });

  it('are verified beside forged answers, before and after the true one', () => {
    const forged = changed(answerTo(8), -1);
    expect(receive(waiting(), [forged, answerTo(8), forged])).toEqual([
      'not-authentic',
      'verified 8 by 1',
      'not-expected',
    ]);
  });

  it('are not verified by a counter that was not sent, nor by what is too short or too long', () => {
    const outstanding = waiting();
    const long = Uint8Array.from([...answerTo(8), ...new Uint8Array(1025)]);
    const datagrams = [answerTo(8, 3), answerTo(5), answerTo(8).subarray(0, 7), answerTo(8).subarray(0, 8)];
    expect(receive(outstanding, datagrams)).toEqual([
      'not-authentic',
      'not-expected',
      'malformed',
      'malformed',
    ]);
    expect(receive(outstanding, [long.subarray(0, 1024), long.subarray(0, 1025), new Uint8Array(0)])).toEqual(
      ['malformed', 'malformed', 'malformed'],
    );
    expect(outstanding.size).toBe(3);
  });

  it('no check is made of datagrams that nobody waits for, or that are too short or too long', () => {
    const never: CheckMessages = () => {
      throw new Error('a message was checked');
    };
    const datagrams = [answerTo(5), new Uint8Array(7), new Uint8Array(1025), changed(answerTo(7), 4)];
    const received = waiting().receive(datagrams, never);
    expect(received.map((each) => each.kind === 'ignored' && each.reason)).toEqual([
      'not-expected',
      'malformed',
      'malformed',
      'not-expected',
    ]);
    expect(waiting().receive([], never)).toEqual([]);
  });

  it('end in the same way whether datagrams come together or one by one', () => {
    const answer = fc
      .tuple(fc.constantFrom(...OWN, 5), fc.constantFrom(1, 2, 3))
      .map(([csbId, counter]) => answerTo(csbId, counter));
    const datagram = fc.oneof(
      answer,
      answer.map((octets) => changed(octets, -1)),
      fc.tuple(answer, fc.nat({ max: 100 })).map(([octets, length]) => octets.subarray(0, length)),
    );
    fc.assert(
      fc.property(fc.array(datagram, { maxLength: 12 }), (datagrams) => {
        const alone = waiting();
        const oneByOne = datagrams.flatMap((each) => receive(alone, [each]));
        expect(receive(waiting(), datagrams)).toEqual(oneByOne);
      }),
      { numRuns: 60 },
    );
  });
});
