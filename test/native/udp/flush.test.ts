import { describe, expect, it } from 'vitest';
import type { DeliveryError } from '../../../lib/distribution/errors.ts';
import { type FlushCalls, flush, MAX_PAUSES } from '../../../lib/native/udp/flush.ts';
import { ERRNO } from '../../../lib/native/udp/system-calls.ts';

const ECONNREFUSED = 111;
const ENETUNREACH = 101;

/** A system that answers by `answer`, and counts what it was asked to wait for. */
function system(answer: (first: number, count: number) => number, errorsWaiting = 0) {
  const sent: number[] = [];
  const waits: (string | number)[] = [];
  const failed: [number, DeliveryError['code']][] = [];
  let errors = errorsWaiting;
  const calls: FlushCalls = {
    send: (first, count) => {
      const result = answer(first, count);
      for (let index = first; index < first + Math.max(result, 0); index++) sent.push(index);
      return result;
    },
    takeErrors: () => {
      const taken = errors;
      errors = 0;
      return taken;
    },
    nameOfError: (errno) => `error ${errno}`,
    writable: async () => void waits.push('writable'),
    pause: async (ms) => void waits.push(ms),
  };
  const run = (count: number) => flush(calls, count, (index, { code }) => failed.push([index, code]));
  return { run, sent, waits, failed };
}

/** Answers in turn, and then takes all. */
function inTurn(...answers: number[]) {
  return (_first: number, count: number) => Math.min(answers.shift() ?? count, count);
}

const all = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('flushing a table of messages', () => {
  it('goes on from where the system stopped', async () => {
    const { run, sent, waits, failed } = system(inTurn(3, 1, 5));
    await run(20);
    expect(sent).toEqual(all(20));
    expect([waits, failed]).toEqual([[], []]);
  });

  it('waits until the socket can be written when there is no room', async () => {
    const { run, sent, waits } = system(inTurn(2, -ERRNO.EAGAIN, 1, -ERRNO.EAGAIN));
    await run(5);
    expect(sent).toEqual(all(5));
    expect(waits).toEqual(['writable', 'writable']);
  });

  it('pauses longer and longer while the system has no memory, and loses nothing', async () => {
    const { run, sent, waits, failed } = system(
      inTurn(...Array.from({ length: 10 }, () => -ERRNO.ENOBUFS), 1, -ERRNO.ENOMEM),
    );
    await run(3);
    expect(sent).toEqual(all(3));
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 100, 100, 100, 1]);
    expect(failed).toEqual([]);
  });

  it('gives up a message when memory never comes', async () => {
    const { run, waits, failed } = system(() => -ERRNO.ENOBUFS);
    await run(1);
    expect(waits).toHaveLength(MAX_PAUSES);
    expect(failed).toEqual([[0, 'not-sent']]);
  });

  it('tries again after an interruption', async () => {
    const { run, sent, failed } = system(inTurn(-ERRNO.EINTR, -ERRNO.EINTR));
    await run(2);
    expect(sent).toEqual(all(2));
    expect(failed).toEqual([]);
  });

  it('sends a message again that met the error of an earlier one', async () => {
    const { run, sent, failed } = system(inTurn(1, -ECONNREFUSED, -ECONNREFUSED), 2);
    await run(3);
    expect(sent).toEqual(all(3));
    expect(failed).toEqual([]);
  });

  it('fails only the message that the system refuses each time', async () => {
    const { run, sent, failed } = system((first, count) =>
      first === 2 ? -ENETUNREACH : Math.min(count, first < 2 ? 2 - first : count),
    );
    await run(5);
    expect(sent).toEqual([0, 1, 3, 4]);
    expect(failed).toEqual([[2, 'not-sent']]);
  });
});
