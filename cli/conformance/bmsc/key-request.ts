import { formatMskId, mskId } from '../../../lib/keys/msk-id.ts';
import { expectThat, NotVisible, type Requirement, visible } from '../requirement.ts';
import {
  currentMsk,
  delivery,
  expectDelivery,
  isDelivered,
  mskCode,
  registration,
  requestMsk,
  serviceCode,
} from './evidence.ts';
import type { BmscUnderTest } from './subject.ts';

type BmscRequirement = Requirement<BmscUnderTest>;

/** A Key Number that no MSK under test has. */
const NO_KEY_NUMBER = 0xfffe;

/** @throws Mismatch when the answer grants; a 401 says nothing about the right */
function expectRefusal(status: number, code: number | undefined): string {
  if (status === 401) throw new NotVisible('the request is not authenticated');
  expectThat(code !== undefined && code >= 400, `the code is ${code}`);
  return `code ${code}`;
}

const REGISTRATION: readonly BmscRequirement[] = [
  {
    id: 'register-granted',
    clause: 'TS 33.246 §6.3.2.1A',
    certainty: 'V2',
    asked: 'A UE registers to a User Service that its subscription allows.',
    level: 'shall',
    check: async (bmsc) => {
      const { answer } = await registration(bmsc);
      if (answer.status === 401) throw new NotVisible('the request is not authenticated');
      const code = serviceCode(bmsc, answer, bmsc.profile.services.subscribed);
      expectThat(code === 200, `the code is ${code}`);
      return 'code 200';
    },
  },
  {
    id: 'register-msk',
    clause: 'TS 33.246 §6.3.2.1A',
    certainty: 'M-hi',
    asked: 'The current MSKs of the User Service follow a registration.',
    level: 'shall',
    check: async (bmsc) => {
      if (!bmsc.profile.options.mskAtRegistration) throw new NotVisible('the profile says that they do not');
      const { answer, msk } = await registration(bmsc);
      if (answer.status !== 200) throw new NotVisible('the UE could not register');
      expectThat(msk !== undefined, `no message came in ${bmsc.profile.times.delivery} ms`);
      return 'a MIKEY message came';
    },
  },
  {
    id: 'register-not-subscribed',
    clause: 'TS 33.246 §6.3.2.1A',
    certainty: 'V2',
    asked: 'A registration to a User Service that the subscription does not allow is refused.',
    level: 'shall',
    check: async (bmsc) => {
      const service = visible(bmsc.profile.services.notSubscribed, 'the profile names no such User Service');
      const { answer } = await bmsc.signed(bmsc.registration([service]));
      return expectRefusal(answer.status, serviceCode(bmsc, answer, service));
    },
  },
  {
    id: 'register-unknown',
    clause: 'TS 33.246 §6.3.2.1A',
    certainty: 'D',
    asked: 'A registration to a User Service that does not exist is refused.',
    level: 'shall',
    check: async (bmsc) => {
      const { unknown } = bmsc.profile.services;
      const { answer } = await bmsc.signed(bmsc.registration([unknown]));
      return expectRefusal(answer.status, serviceCode(bmsc, answer, unknown));
    },
  },
];

const MSK_REQUEST: readonly BmscRequirement[] = [
  {
    // @clause TS 33.246 §G.2.3 s3, s14, s15
    id: 'msk-granted',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'An MSK request of a registered UE is answered with 200.',
    level: 'shall',
    check: async (bmsc) => {
      const { answer } = await delivery(bmsc);
      if (answer.status === 401) throw new NotVisible('the request is not authenticated');
      const code = mskCode(bmsc, answer, currentMsk(bmsc));
      expectThat(code === 200, `the code is ${code}`);
      return 'code 200';
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.1 s7, s11, s17
    id: 'msk-delivered',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'After a request that is granted, the BM-SC delivers the MSK.',
    level: 'shall',
    check: async (bmsc) => {
      const { answer, first } = await delivery(bmsc);
      if (mskCode(bmsc, answer, currentMsk(bmsc)) !== 200) throw new NotVisible('the request is not granted');
      expectThat(first !== undefined, `no message came in ${bmsc.profile.times.delivery} ms`);
      return 'a MIKEY message came';
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.1 s6
    id: 'msk-specific',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'A Key Number in the request asks for that MSK.',
    level: 'shall',
    check: async (bmsc) => {
      await delivery(bmsc);
      const id = visible(bmsc.profile.keys.specific, 'the profile names no MSK');
      const { keyDomainId } = bmsc.profile.keys.granted;
      const { mark } = bmsc.inbox;
      const { first } = await requestMsk(bmsc, { keyDomainId, mskId: id });
      const asked = await bmsc.inbox.next(
        mark,
        bmsc.profile.times.delivery,
        ({ message }) => message?.keyIds.mskId?.keyNumber === id.keyNumber,
      );
      const sent = visible((asked ?? first)?.message?.keyIds.mskId, 'no message with an MSK ID came');
      expectThat(
        formatMskId(sent) === formatMskId(id),
        `the MSK is ${formatMskId(sent)}, not ${formatMskId(id)}`,
      );
      return `MSK ${formatMskId(sent)}`;
    },
  },
  {
    id: 'msk-unknown',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'An MSK that does not exist is refused.',
    level: 'shall',
    check: async (bmsc) => {
      await delivery(bmsc);
      const { keyDomainId, keyGroup } = bmsc.profile.keys.granted;
      const key = { keyDomainId, mskId: mskId(keyGroup, NO_KEY_NUMBER) };
      const { answer } = await bmsc.signed(bmsc.mskRequest([key]));
      return expectRefusal(answer.status, mskCode(bmsc, answer, key));
    },
  },
  {
    // @clause TS 33.246 §G.2.3 s13
    id: 'msk-not-subscribed',
    clause: 'TS 33.246 §G.2.3',
    certainty: 'V',
    asked: 'An MSK that the subscriber may not have is refused, and not delivered.',
    level: 'shall',
    check: async (bmsc) => {
      await delivery(bmsc);
      const group = visible(bmsc.profile.keys.refused, 'the profile names no such Key Group');
      const key = { keyDomainId: group.keyDomainId, mskId: mskId(group.keyGroup, 0) };
      const { mark } = bmsc.inbox;
      const { answer } = await bmsc.signed(bmsc.mskRequest([key]));
      const seen = expectRefusal(answer.status, mskCode(bmsc, answer, key));
      await bmsc.quiet();
      expectThat(!isDelivered(bmsc, mark, group), 'it is delivered');
      return `${seen}, no delivery`;
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.1 s5, s8
    id: 'msk-several',
    clause: 'TS 33.246 §6.3.2.4',
    certainty: 'D',
    asked: 'Of several MSKs in one request the BM-SC delivers those that the UE may have.',
    level: 'shall',
    check: async (bmsc) => {
      await expectDelivery(bmsc);
      const group = visible(bmsc.profile.keys.refused, 'the profile names no second Key Group');
      const refused = { keyDomainId: group.keyDomainId, mskId: mskId(group.keyGroup, 0) };
      await bmsc.inbox.settled();
      const { mark } = bmsc.inbox;
      const { answer } = await bmsc.signed(bmsc.mskRequest([currentMsk(bmsc), refused]));
      if (answer.status === 401) throw new NotVisible('the request is not authenticated');
      const first = await bmsc.inbox.next(mark, bmsc.profile.times.delivery);
      expectThat(answer.status === 200 && first !== undefined, `status ${answer.status}, no message came`);
      return 'status 200, the granted one came';
    },
  },
  {
    id: 'msk-unauthenticated',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'A request that is not authenticated makes the BM-SC deliver nothing.',
    level: 'shall',
    check: async (bmsc) => {
      await delivery(bmsc);
      const { mark } = bmsc.inbox;
      await bmsc.send(bmsc.mskRequest([currentMsk(bmsc)]));
      await bmsc.quiet();
      expectThat(!isDelivered(bmsc, mark, bmsc.profile.keys.granted), 'an MSK is delivered');
      return 'no delivery';
    },
  },
];

/** The last ones: the UE is not registered afterwards. */
export const DEREGISTRATION: readonly BmscRequirement[] = [
  {
    id: 'deregister-granted',
    clause: 'TS 33.246 §6.3.2.1B',
    certainty: 'V2',
    asked: 'A UE that is registered can deregister.',
    level: 'shall',
    check: async (bmsc) => {
      const { answer } = await deregistration(bmsc);
      if (answer.status === 401) throw new NotVisible('the request is not authenticated');
      const code = serviceCode(bmsc, answer, bmsc.profile.services.subscribed);
      expectThat(code === 200, `the code is ${code}`);
      return 'code 200';
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.1 s10
    id: 'msk-not-registered-code',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'The BM-SC verifies that the UE is registered: the MSK request of one that is not is refused.',
    level: 'shall',
    check: async (bmsc) => {
      const { answer } = await requestWithoutRegistration(bmsc);
      return expectRefusal(answer.status, mskCode(bmsc, answer, currentMsk(bmsc)));
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.1 s10
    id: 'msk-not-registered-delivery',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'A UE that is not registered gets no MSK.',
    level: 'shall',
    check: async (bmsc) => {
      const { isSent } = await requestWithoutRegistration(bmsc);
      expectThat(!isSent, 'an MSK is delivered');
      return 'no delivery';
    },
  },
];

function deregistration(bmsc: BmscUnderTest) {
  return bmsc.once('deregistration', async () => {
    const { answer } = await registration(bmsc);
    if (answer.status !== 200) throw new NotVisible('the UE could not register');
    return bmsc.signed(bmsc.deregistration([bmsc.profile.services.subscribed]));
  });
}

function requestWithoutRegistration(bmsc: BmscUnderTest) {
  return bmsc.once('request without registration', async () => {
    const { answer: left } = await deregistration(bmsc);
    if (left.status !== 200) throw new NotVisible('the UE could not deregister');
    const { mark } = bmsc.inbox;
    const { answer } = await bmsc.signed(bmsc.mskRequest([currentMsk(bmsc)]));
    if (answer.status === 401) throw new NotVisible('the request is not authenticated');
    await bmsc.quiet();
    return { answer, isSent: isDelivered(bmsc, mark, bmsc.profile.keys.granted) };
  });
}

/** Registration and MSK requests (TS 33.246 §6.3.2). */
export const KEY_REQUEST: readonly BmscRequirement[] = [...REGISTRATION, ...MSK_REQUEST];
