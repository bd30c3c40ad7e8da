import { setTimeout as delay } from 'node:timers/promises';
import { PayloadError } from '../../../lib/key-management/payload/errors.ts';
import { parseMediaType } from '../../../lib/key-management/payload/mime.ts';
import { decodeMskRequest } from '../../../lib/key-management/payload/msk-request.ts';
import type { PayloadProfile } from '../../../lib/key-management/payload/payload-profile.ts';
import { isCurrentMskId } from '../../../lib/keys/msk-id.ts';
import { expectThat, NotVisible, type Requirement, visible } from '../requirement.ts';
import { pulled, typesOf } from './evidence.ts';
import { KEY_GROUP, type MessageChanges, nothingAfter, requestAfter, sendMsk, sendPull } from './messages.ts';
import type { UeUnderTest } from './subject.ts';

type UeRequirement = Requirement<UeUnderTest>;

const CLAUSE = 'TS 33.246 §6.3.2.2.4';

/** How a UE follows solicited pulls. */
export const PULL: readonly UeRequirement[] = [
  {
    // @clause TS 33.246 §6.3.2.2.1 s1
    // @clause TS 33.246 §6.3.2.2.4 s9
    // @clause TS 33.246 §G.2.3 s6
    id: 'ue-pull-answered',
    clause: 'TS 33.246 §6.3.2.2.4',
    certainty: 'V',
    asked: 'A solicited pull makes the UE send an MSK request.',
    level: 'shall',
    check: async (ue) => {
      const request = await pulled(ue);
      expectThat(request !== undefined, `none came in ${ue.target.answerMs} ms`);
      const { requestType } = ue.target.payloadProfile.mskRequest;
      expectThat(typesOf(request).join() === requestType, `its requesttype is ${typesOf(request)}`);
      return 'an MSK request';
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.1 s2
    // @clause TS 33.246 §6.3.2.2.4 s9
    id: 'ue-pull-current',
    clause: 'TS 33.246 §6.3.2.2.4',
    certainty: 'V',
    asked: 'It asks for the current MSK (Key Number 0x0) of the Key Group that was named.',
    level: 'shall',
    check: async (ue) => {
      const request = visible(await pulled(ue), 'no MSK request came');
      const keys = decodedKeys(request.body, ue.target.payloadProfile);
      const isMeant = keys.some(({ mskId }) => mskId.keyGroup === KEY_GROUP && isCurrentMskId(mskId));
      expectThat(isMeant, 'it asks for other MSKs');
      return 'the current one';
    },
  },
  {
    // @clause TS 33.246 §G.2.3 s8
    id: 'ue-pull-media-type',
    clause: 'TS 33.246 §G.2.3',
    certainty: 'V',
    asked: 'The Content-Type of an MSK request is the media type of its payload.',
    level: 'shall',
    check: async (ue) => {
      const request = visible(await pulled(ue), 'no MSK request came');
      const type = parseMediaType(request.headers['content-type'] ?? '');
      expectThat(type === ue.target.payloadProfile.mskRequest.mediaType, `it is ${type}`);
      return type;
    },
  },
  {
    id: 'ue-pull-silent',
    clause: 'RFC 3830 §6.1',
    certainty: 'V',
    asked: 'A solicited pull, whose V-bit is not set, is not verified.',
    level: 'shall',
    check: async (ue) => {
      visible(await pulled(ue), 'it follows no solicited pull');
      const mark = ue.datagrams.length;
      await sendPull(ue);
      expectThat((await nothingAfter(ue, mark)) === undefined, 'the UE answers it over UDP');
      return 'no answer over UDP';
    },
  },
  {
    id: 'ue-pull-replay',
    clause: 'RFC 3830 §5.4',
    certainty: 'V',
    asked: 'A solicited pull whose counter is not greater than the last one is not followed.',
    level: 'shall',
    check: (ue) => expectUnfollowed(ue, { counter: REPLAYED_COUNTER }),
  },
  {
    id: 'ue-pull-foreign',
    clause: 'TS 33.246 §6.4.5.1',
    certainty: 'M-hi',
    asked: 'A solicited pull for another MUK ID is not followed.',
    level: 'shall',
    check: (ue) => expectUnfollowed(ue, { ueId: Buffer.from('AAAA@other.home1.net') }),
  },
  {
    id: 'ue-pull-wrong-mac',
    clause: 'TS 33.246 §6.3.2.2.4',
    certainty: 'V',
    asked: 'The UE checks a solicited pull: one whose MAC is wrong is not followed.',
    level: 'shall',
    check: (ue) => expectUnfollowed(ue, { hasWrongMac: true }),
  },
];

/** Less than any counter that the test sends otherwise. */
export const REPLAYED_COUNTER = 6;

/** Solicits a pull that a UE must not follow. */
async function expectUnfollowed(ue: UeUnderTest, changes: MessageChanges): Promise<string> {
  visible(await pulled(ue), 'it follows no solicited pull');
  await settled(ue);
  const mark = ue.requests.length;
  await sendPull(ue, changes);
  expectThat((await requestAfter(ue, mark, ue.target.quietMs)) === undefined, 'the UE follows it');
  return 'no request';
}

/** Waits until the UE sends nothing more for what came before. */
async function settled(ue: UeUnderTest): Promise<void> {
  for (let mark = -1; mark !== ue.requests.length; ) {
    mark = ue.requests.length;
    await requestAfter(ue, mark, ue.target.quietMs);
  }
}

/** What ends an association; the last requirements, as the UE may have another one afterwards. */
export const END: readonly UeRequirement[] = [
  {
    id: 'ue-expired-msk',
    clause: CLAUSE,
    certainty: 'D',
    asked: 'After its lifetime a MUK serves for solicited pulls alone: an MSK under it is not verified.',
    level: 'shall',
    check: async (ue) => {
      await outlived(ue);
      const mark = ue.datagrams.length;
      await sendMsk(ue);
      expectThat((await nothingAfter(ue, mark)) === undefined, 'the UE verifies it');
      return 'no answer';
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.4 s6
    id: 'ue-expired-pull',
    clause: CLAUSE,
    certainty: 'V',
    asked: 'A solicited pull under a MUK that is over makes the UE contact the BM-SC (NOTE 1).',
    level: 'shall',
    check: async (ue) => {
      await outlived(ue);
      visible(await pulled(ue), 'it follows no solicited pull');
      const mark = ue.requests.length;
      await sendPull(ue);
      const request = await ue.next(ue.requests, mark, ue.target.answerMs);
      expectThat(request !== undefined, `no request came in ${ue.target.answerMs} ms`);
      return 'a request';
    },
  },
  {
    // @clause TS 24.109 §5.2.5 s3
    id: 'ue-renegotiation',
    clause: 'TS 24.109 §5.2.5',
    certainty: 'V2',
    asked: 'A 401 that is not stale ends an association: the UE bootstraps, and goes on under no old B-TID.',
    level: 'shall',
    check: async (ue) => {
      visible(await pulled(ue), 'it follows no solicited pull');
      await settled(ue);
      const mark = ue.requests.length;
      // Once more is no harm: the BM-SC may have lost the nonce that the UE counted on under.
      ue.refusals.push('not-stale', 'not-stale');
      await sendPull(ue);
      visible(await requestAfter(ue, mark, ue.target.answerMs), 'the UE sends no more requests');
      await settled(ue);
      ue.refusals.length = 0;
      const under = ue.requests.slice(mark).filter(({ isRight }) => isRight).length;
      expectThat(under <= 2, `it sends ${under} requests under it`);
      return `${under} under the old one`;
    },
  },
];

/** Waits until the keys of the UE are over. @throws NotVisible when the tester has not said when */
function outlived(ue: UeUnderTest): Promise<void> {
  return ue.once('outlived', async () => {
    const endsAt = visible(ue.target.endsAt, 'with --ends the end of its keys is waited for');
    await delay(Math.max(0, endsAt + PAST_MS - Date.now()));
  });
}

/** Clocks of two machines differ by less, in ms. */
const PAST_MS = 300;

function decodedKeys(body: string, profile: PayloadProfile): ReturnType<typeof decodeMskRequest> {
  try {
    return decodeMskRequest(Buffer.from(body, 'latin1'), profile);
  } catch (error) {
    if (error instanceof PayloadError) throw new NotVisible(`the payload can't be read: ${error.message}`);
    throw error;
  }
}
