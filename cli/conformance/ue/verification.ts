import {
  DATA_TYPE,
  decodeMikeyMessage,
  isVerificationMessageAuthentic,
  MikeyError,
  type MikeyMessage,
} from '../../../lib/mikey/index.ts';
import { expectThat, NotVisible, type Requirement, visible } from '../requirement.ts';
import { authenticated } from './evidence.ts';
import { answerTo, nothingAfter, sendMsk, sendMtk } from './messages.ts';
import type { UeUnderTest } from './subject.ts';

type UeRequirement = Requirement<UeUnderTest>;

/** Greater than any that the test sends otherwise. */
const GREAT_COUNTER = 0x7fffffff;

/** The verification message that answers an MSK with the V-bit. */
function verified(ue: UeUnderTest) {
  return ue.once('verified', async () => {
    await authenticated(ue);
    const mark = ue.datagrams.length;
    const sent = await sendMsk(ue);
    const datagram = await answerTo(ue, mark);
    return { sent, datagram, message: datagram && decodedOrNone(datagram.octets) };
  });
}

async function verification(ue: UeUnderTest) {
  const { sent, datagram, message } = await verified(ue);
  visible(datagram, 'no verification message came');
  return { sent, message: visible(message, "the datagram can't be decoded") };
}

/** Sends what a UE must not verify. @throws NotVisible for a UE that verifies nothing */
async function expectSilence(ue: UeUnderTest, send: () => Promise<unknown>): Promise<string> {
  await verification(ue);
  const mark = ue.datagrams.length;
  await send();
  expectThat((await nothingAfter(ue, mark)) === undefined, 'the UE answers it');
  return 'no answer';
}

/** MTK messages: nobody answers them. */
export const MTK: readonly UeRequirement[] = [
  {
    // @clause TS 33.501 annex W.4.1.2 s5
    id: 'ue-mtk-silent',
    clause: 'TS 33.501 annex W.4.1.2',
    certainty: 'V2',
    asked: 'An MTK message under an MSK of the UE is not answered.',
    level: 'shall',
    check: (ue) => expectMtkSilence(ue, { mtkId: 1 }),
  },
  {
    // @clause TS 33.501 annex W.4.1.2 s5
    id: 'ue-mtk-error-silent',
    clause: 'TS 33.501 annex W.4.1.2',
    certainty: 'V2',
    asked: 'No error message answers an MTK message whose MAC is wrong.',
    level: 'shall',
    check: (ue) => expectMtkSilence(ue, { mtkId: WRONG_MTK_ID, hasWrongMac: true }),
  },
];

/** The MTK ID of the message whose MAC is wrong. */
export const WRONG_MTK_ID = 2;

/** Sends an MTK under an MSK that the UE has taken, and that it need not verify. */
async function expectMtkSilence(ue: UeUnderTest, changes: Parameters<typeof sendMtk>[2]): Promise<string> {
  await verification(ue);
  const msk = await sendMsk(ue, { verificationRequested: false });
  await nothingAfter(ue, ue.datagrams.length);
  const mark = ue.datagrams.length;
  await sendMtk(ue, msk, changes);
  expectThat((await nothingAfter(ue, mark)) === undefined, 'the UE answers it');
  return 'no answer';
}

/** How a UE answers MSK messages. */
export const VERIFICATION: readonly UeRequirement[] = [
  {
    id: 'ue-verifies',
    clause: 'RFC 3830 §6.1',
    certainty: 'V',
    asked: 'An MSK message with the V-bit is answered with a verification message.',
    level: 'shall',
    check: async (ue) => {
      const { datagram, message } = await verified(ue);
      expectThat(datagram !== undefined, `none came in ${ue.target.answerMs} ms`);
      expectThat(message?.header.dataType === DATA_TYPE.PSK_VERIFICATION, 'the answer is none');
      return `${datagram.octets.length} octets`;
    },
  },
  {
    id: 'ue-verification-csb-id',
    clause: 'RFC 3830 §3.1',
    certainty: 'V',
    asked: 'The verification message has the CSB ID of the message that it answers.',
    level: 'shall',
    check: async (ue) => {
      const { sent, message } = await verification(ue);
      expectThat(message.header.csbId === sent.csbId, 'it is another one');
      return 'the same';
    },
  },
  {
    id: 'ue-verification-counter',
    clause: 'RFC 3830 §5.2',
    certainty: 'V',
    asked: 'It has the time stamp of the message that it answers.',
    level: 'shall',
    check: async (ue) => {
      const { sent, message } = await verification(ue);
      expectThat(message.timestamp.counter === sent.counter, `it is ${message.timestamp.counter}`);
      return `counter ${sent.counter}`;
    },
  },
  {
    id: 'ue-verification-idr',
    clause: 'TS 33.246 §6.4.5.2',
    certainty: 'M-hi',
    asked: 'It has IDr, the B-TID.',
    level: 'shall',
    check: async (ue) => {
      const { sent, message } = await verification(ue);
      expectThat(
        message.idr !== undefined && Buffer.from(message.idr.data).equals(sent.ueId),
        'IDr is not the B-TID',
      );
      return 'the B-TID';
    },
  },
  {
    id: 'ue-verification-mac',
    clause: 'RFC 3830 §5.2',
    certainty: 'V',
    asked: 'Its MAC is right under the MUK, over the message, both identities and the time stamp.',
    level: 'shall',
    check: async (ue) => {
      const { sent, message } = await verification(ue);
      const { csbId } = message.header;
      const answered = {
        ...sent,
        csbId,
        counter: message.timestamp.counter ?? 0,
        ueId: message.idr?.data ?? sent.ueId,
      };
      if (
        csbId !== sent.csbId ||
        answered.counter !== sent.counter ||
        !Buffer.from(answered.ueId).equals(sent.ueId)
      )
        throw new NotVisible('it answers another message');
      expectThat(isVerificationMessageAuthentic(message, answered), 'the MAC is wrong');
      return 'MAC good';
    },
  },
  {
    id: 'ue-silent-without-v-bit',
    clause: 'RFC 3830 §6.1',
    certainty: 'V',
    asked: 'A message without the V-bit is not answered.',
    level: 'shall',
    check: (ue) => expectSilence(ue, () => sendMsk(ue, { verificationRequested: false })),
  },
  {
    id: 'ue-silent-wrong-mac',
    clause: 'RFC 3830 §5.3',
    certainty: 'V',
    asked: 'A message whose MAC is wrong is not verified.',
    level: 'shall',
    check: (ue) => expectSilence(ue, () => sendMsk(ue, { hasWrongMac: true })),
  },
  {
    id: 'ue-silent-replay',
    clause: 'RFC 3830 §5.4',
    certainty: 'V',
    asked: 'A message whose counter is not greater than the last one is a replay, and not verified.',
    level: 'shall',
    check: (ue) => expectSilence(ue, () => sendMsk(ue, { counter: 5 })),
  },
  {
    id: 'ue-silent-foreign',
    clause: 'TS 33.246 §6.4.5.1',
    certainty: 'M-hi',
    asked: 'A message for another MUK ID is not verified.',
    level: 'shall',
    check: (ue) => expectSilence(ue, () => sendMsk(ue, { ueId: Buffer.from('AAAA@other.home1.net') })),
  },
  {
    id: 'ue-survives',
    clause: 'RFC 3830 §5.3',
    certainty: 'V',
    asked: 'Datagrams that are no MIKEY do not keep the UE from the next message.',
    level: 'shall',
    check: async (ue) => {
      await verification(ue);
      for (const octets of [Buffer.alloc(0), Buffer.from('no MIKEY'), Buffer.alloc(1400, 0xff)])
        await ue.send(octets);
      const mark = ue.datagrams.length;
      await sendMsk(ue);
      expectThat((await answerTo(ue, mark)) !== undefined, 'the next message is not verified');
      return 'the next message is verified';
    },
  },
  {
    // @clause RFC 3830 §5.3 s3
    id: 'ue-counter-forged',
    clause: 'RFC 3830 §5.3',
    certainty: 'V',
    asked: 'A counter counts once the MAC is right: a forged message with a great one changes nothing.',
    level: 'shall',
    check: async (ue) => {
      await verification(ue);
      const before = ue.datagrams.length;
      await sendMsk(ue);
      visible(await answerTo(ue, before), 'messages are not verified');
      await sendMsk(ue, { counter: GREAT_COUNTER, hasWrongMac: true });
      const mark = ue.datagrams.length;
      await sendMsk(ue);
      expectThat((await answerTo(ue, mark)) !== undefined, 'the next message is not verified');
      return 'the next message is verified';
    },
  },
];

function decodedOrNone(octets: Uint8Array): MikeyMessage | undefined {
  try {
    return decodeMikeyMessage(octets);
  } catch (error) {
    if (error instanceof MikeyError) return undefined;
    throw error;
  }
}
