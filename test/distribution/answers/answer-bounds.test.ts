import { expect, test } from 'vitest';
import {
  ANSWER_LIMITS,
  AnswerBounds,
  type AnsweredUe,
  MIN_REQUEST_OCTETS,
} from '../../../lib/distribution/answers/answer-bounds.ts';
import { parseImpi } from '../../../lib/gba/impi.ts';

const TO = { address: '192.0.2.1', port: 2269 };
let now = 0;

const newBounds = (limits = {}) => new AnswerBounds(() => now, { ...ANSWER_LIMITS, ...limits });
const ueOf = (bounds: AnswerBounds, name: string): Promise<AnsweredUe> =>
  bounds.during(parseImpi(`${name}@home1.net`), async (ue) => ue);
const admitted = (ue: AnsweredUe, count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => ue.admit(String(first + index)));
const outcome = (failed = {}) => ({ verified: [], sent: [], failed });

test('a UE has a bound of messages under way, and joins those that are', async () => {
  const bounds = newBounds();
  const ue = await ueOf(bounds, 'a');
  expect(new Set(admitted(ue, 128))).toEqual(new Set(['admitted']));
  expect(ue.admit('200')).toBe('too-many-under-way');
  expect(ue.admit('0')).toBe('joined');
  ue.settle('0', TO, outcome());
  expect([ue.admit('200'), bounds.underWay]).toEqual(['admitted', 128]);
});

test('a UE has a bound of MSKs in a minute', async () => {
  now = 0;
  const ue = await ueOf(newBounds({ perMinute: 10 }), 'a');
  for (let index = 0; index < 10; index++) {
    expect(ue.admit('0')).toBe('admitted');
    ue.settle('0', TO, outcome());
  }
  expect(ue.admit('0')).toBe('too-frequent');
  now = 6000;
  expect([ue.admit('0'), ue.admit('1')]).toEqual(['admitted', 'too-frequent']);
});

test('many greedy UEs leave room for others, within the bound of all', async () => {
  const bounds = newBounds();
  for (let index = 0; index < 200; index++) admitted(await ueOf(bounds, `greedy${index}`), 128);
  expect(bounds.underWay).toBeLessThan(ANSWER_LIMITS.underWayInAll);
  expect(bounds.hasCapacity).toBe(false);
  expect((await ueOf(bounds, 'honest')).admit('0')).toBe('admitted');
});

test('the memory of UEs is bounded, and none with messages under way is forgotten', async () => {
  const bounds = newBounds();
  const ue = await ueOf(bounds, 'a');
  ue.admit('0');
  for (let index = 0; index < 50_000; index++) await ueOf(bounds, `other${index}`);
  expect((await ueOf(bounds, 'a')).admit('0')).toBe('joined');
});

test('a UE that answers nothing is sent at most three times the octets of its requests', async () => {
  const bounds = newBounds();
  const message = { octets: 165, to: TO, tried: 0 };
  let sent = 0;
  const requests = 20;
  for (let request = 0; request < requests; request++) {
    const ue = await ueOf(bounds, 'a');
    for (; ue.covers(message); sent += message.octets) ue.spend(message);
  }
  expect(sent).toBeGreaterThan(requests * MIN_REQUEST_OCTETS);
  expect(sent).toBeLessThanOrEqual(3 * requests * MIN_REQUEST_OCTETS);
});

test('first messages leave octets for repeats, and an answer lifts the bound for its address', async () => {
  const ue = await ueOf(newBounds(), 'a');
  admitted(ue, 60);
  const message = { octets: 165, to: TO, tried: 0 };
  let first = 0;
  for (; ue.covers(message); first += 1) ue.spend(message);
  expect([first, ue.covers({ ...message, tried: 1 })]).toEqual([4, true]);
  ue.settle('0', TO, { ...outcome(), verified: ['a@home1.net'] });
  expect(ue.covers(message)).toBe(true);
  expect(ue.covers({ ...message, to: { ...TO, port: 53 } })).toBe(false);
  ue.settle('1', TO, outcome({ 'not-verified': ['a@home1.net'] }));
  expect(ue.covers(message)).toBe(false);
});
