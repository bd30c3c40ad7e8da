import { PayloadError } from '../../../lib/key-management/payload/errors.ts';
import { parseMediaType } from '../../../lib/key-management/payload/mime.ts';
import { decodeMskRequest } from '../../../lib/key-management/payload/msk-request.ts';
import type { PayloadProfile } from '../../../lib/key-management/payload/payload-profile.ts';
import { isCurrentMskId } from '../../../lib/keys/msk-id.ts';
import { expectThat, NotVisible, type Requirement, visible } from '../requirement.ts';
import { pulled, typesOf } from './evidence.ts';
import { KEY_GROUP, requestAfter, sendPull } from './messages.ts';
import type { UeUnderTest } from './subject.ts';

type UeRequirement = Requirement<UeUnderTest>;

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
    id: 'ue-pull-wrong-mac',
    clause: 'TS 33.246 §6.3.2.2.4',
    certainty: 'V',
    asked: 'The UE checks a solicited pull: one whose MAC is wrong is not followed.',
    level: 'shall',
    check: async (ue) => {
      visible(await pulled(ue), 'it follows no solicited pull');
      const mark = ue.requests.length;
      await sendPull(ue, { hasWrongMac: true });
      expectThat((await requestAfter(ue, mark, ue.target.quietMs)) === undefined, 'the UE follows it');
      return 'no request';
    },
  },
];

function decodedKeys(body: string, profile: PayloadProfile): ReturnType<typeof decodeMskRequest> {
  try {
    return decodeMskRequest(Buffer.from(body, 'latin1'), profile);
  } catch (error) {
    if (error instanceof PayloadError) throw new NotVisible(`the payload can't be read: ${error.message}`);
    throw error;
  }
}
