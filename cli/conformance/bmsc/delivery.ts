import { setTimeout as delay } from 'node:timers/promises';
import { CROSSING_MS, type ReceivedMessage } from '../mikey-inbox.ts';
import { expectThat, NotVisible, type Requirement, visible } from '../requirement.ts';
import { deliveredMessage, unanswered } from './evidence.ts';
import type { BmscUnderTest } from './subject.ts';

type BmscRequirement = Requirement<BmscUnderTest>;

function expectVerification({ profile }: BmscUnderTest): void {
  if (!profile.options.verification)
    throw new NotVisible('the profile says that it does not ask for verification');
}

/** A message that the UE has verified. @throws NotVisible when there is nothing to verify */
async function verified(bmsc: BmscUnderTest): Promise<ReceivedMessage> {
  const received = await deliveredMessage(bmsc);
  const { header, timestamp } = received.message;
  if (received.keys === undefined || !header.verificationRequested || timestamp.counter === undefined)
    throw new NotVisible('there is nothing to verify');
  return received;
}

/** A message that nobody has answered, and those after it. */
async function repeated(bmsc: BmscUnderTest): Promise<readonly [ReceivedMessage, ...ReceivedMessage[]]> {
  expectVerification(bmsc);
  await verified(bmsc);
  const [first, ...others] = await unanswered(bmsc, 'silent');
  const one = visible(first, 'no MIKEY message came');
  if (one.message?.header.verificationRequested !== true) throw new NotVisible('the V-bit is not set');
  return [one, ...others];
}

/** Delivery as a protocol: the V-bit, its answer, and repetitions. */
export const DELIVERY: readonly BmscRequirement[] = [
  {
    id: 'delivery-v-bit',
    clause: 'RFC 3830 §6.1',
    certainty: 'D',
    asked: 'The V-bit of an MSK message asks the UE to verify it.',
    level: 'should',
    check: async (bmsc) => {
      expectVerification(bmsc);
      const { header } = (await deliveredMessage(bmsc)).message;
      expectThat(header.verificationRequested, 'the V-bit is not set');
      return 'set';
    },
  },
  {
    id: 'delivery-settled',
    clause: 'TS 33.246 §6.3.2.3',
    certainty: 'M-hi',
    asked: 'Once the UE has verified a message, it is not sent again.',
    level: 'shall',
    check: async (bmsc) => {
      expectVerification(bmsc);
      const { csbId, at } = await verified(bmsc);
      await delay(bmsc.profile.times.repeat);
      // One may cross the verification message on its way.
      const more = bmsc.inbox.messages.filter((each) => each.csbId === csbId && each.at > at + CROSSING_MS);
      expectThat(more.length === 0, `it came ${more.length} times more`);
      return 'it came once';
    },
  },
  {
    id: 'delivery-repeated',
    clause: 'TS 33.246 §6.3.2.3',
    certainty: 'M-hi',
    asked: 'A message that the UE does not verify is sent again.',
    level: 'shall',
    check: async (bmsc) => {
      const [, again] = await repeated(bmsc);
      expectThat(again !== undefined, `it did not come again in ${bmsc.profile.times.repeat} ms`);
      return 'it came again';
    },
  },
  {
    id: 'delivery-repeated-counter',
    clause: 'RFC 3830 §5.4',
    certainty: 'V',
    asked: 'A repetition has a greater counter, or is the same message octet by octet.',
    level: 'shall',
    check: async (bmsc) => {
      const [first, repetition] = await repeated(bmsc);
      const again = visible(repetition, 'it did not come again');
      const [one, other] = [first.message?.timestamp.counter ?? 0, again.message?.timestamp.counter ?? 0];
      const isSame = Buffer.from(first.octets).equals(again.octets);
      expectThat(isSame || other > one, `counter ${other} follows ${one} in other octets`);
      return isSame ? 'the same octets' : `counter ${other} after ${one}`;
    },
  },
  {
    id: 'delivery-forged',
    clause: 'RFC 3830 §5.3',
    certainty: 'V',
    asked: 'A verification message with a wrong MAC settles nothing: the message is sent again.',
    level: 'shall',
    check: async (bmsc) => {
      const [, again] = await repeated(bmsc);
      if (again === undefined) throw new NotVisible('it does not repeat messages');
      const forged = await unanswered(bmsc, 'forge');
      expectThat(forged.length > 1, 'it did not come again after a forged verification message');
      return 'it came again';
    },
  },
];
