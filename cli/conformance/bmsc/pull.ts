import { setTimeout as delay } from 'node:timers/promises';
import { formatMskId, isCurrentMskId } from '../../../lib/keys/msk-id.ts';
import { expectThat, NotVisible, type Requirement, visible } from '../requirement.ts';
import { expectBootstrapping } from './authentication.ts';
import {
  afterSoliciting,
  currentMsk,
  expectDelivery,
  mskCode,
  requestMsk,
  solicitedPull,
} from './evidence.ts';
import type { BmscUnderTest } from './subject.ts';

type BmscRequirement = Requirement<BmscUnderTest>;

const CLAUSE = 'TS 33.246 §6.3.2.2.4';

/** The solicited pull, where the profile has a command that makes the BM-SC send one. */
export const SOLICITED_PULL: readonly BmscRequirement[] = [
  {
    // @clause TS 33.246 §6.3.2.2.4 s1
    id: 'pull-sent',
    clause: CLAUSE,
    certainty: 'V',
    asked: 'To solicit a pull the BM-SC sends the UE a MIKEY message over UDP.',
    level: 'shall',
    check: async (bmsc) => {
      const received = await afterSoliciting(bmsc);
      expectThat(received !== undefined, `none came in ${bmsc.profile.times.delivery} ms`);
      return `${received.octets.length} octets`;
    },
  },
  {
    id: 'pull-form',
    clause: 'RFC 3830 §6',
    certainty: 'V',
    asked: 'The message is a chain of payloads of MIKEY, T first and KEMAC last.',
    level: 'shall',
    check: async (bmsc) => {
      const { message, fault, octets } = visible(await afterSoliciting(bmsc), 'no message came');
      expectThat(message !== undefined, `it can't be decoded: ${fault}`);
      return `${octets.length} octets`;
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.4 s9
    id: 'pull-key-group',
    clause: CLAUSE,
    certainty: 'V',
    asked: 'It names Key Domain and Key Group whose current MSK the UE is to ask for.',
    level: 'shall',
    check: async (bmsc) => {
      const { keyDomainId, mskId } = (await solicitedPull(bmsc)).message.keyIds;
      const { granted } = bmsc.profile.keys;
      const id = visible(mskId, 'there is no MSK ID');
      const isMeant = keyDomainId === granted.keyDomainId && id.keyGroup === granted.keyGroup;
      expectThat(isMeant, `it is ${keyDomainId}/${formatMskId(id)}, of another Key Group`);
      return `${keyDomainId}/${formatMskId(id)}`;
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.4 s3
    id: 'pull-key-number',
    clause: CLAUSE,
    certainty: 'V',
    asked: 'The Key Number of the MSK ID is 0x0: the UE is to ask for the current MSK.',
    level: 'shall',
    check: async (bmsc) => {
      const { mskId } = (await solicitedPull(bmsc)).message.keyIds;
      expectThat(mskId !== undefined && isCurrentMskId(mskId), `the Key Number is ${mskId?.keyNumber}`);
      return 'Key Number 0x0';
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.4 s5
    id: 'pull-v-bit',
    clause: CLAUSE,
    certainty: 'V',
    asked: 'The V-bit is not set.',
    level: 'shall',
    check: async (bmsc) => {
      expectThat(!(await solicitedPull(bmsc)).message.header.verificationRequested, 'the V-bit is set');
      return 'not set';
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.4 s7
    id: 'pull-kemac',
    clause: CLAUSE,
    certainty: 'V',
    asked: 'A KEMAC payload is there, so that the UE can check the message (NOTE 2).',
    level: 'shall',
    check: async (bmsc) => {
      const { kemac } = (await solicitedPull(bmsc)).message;
      expectThat(kemac !== undefined, 'there is no KEMAC');
      return 'it is there';
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.4 s8
    id: 'pull-empty',
    clause: CLAUSE,
    certainty: 'V',
    asked: 'Encr data len is zero: there is no key in it (NOTE 2).',
    level: 'shall',
    check: async (bmsc) => {
      const kemac = visible((await solicitedPull(bmsc)).message.kemac, 'there is no KEMAC');
      expectThat(kemac.encrData.length === 0, `Encr data len is ${kemac.encrData.length}`);
      return 'Encr data len 0';
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.4 s2
    id: 'pull-mac',
    clause: CLAUSE,
    certainty: 'V',
    asked: 'It is protected by the last MUK that the BM-SC knows.',
    level: 'shall',
    check: async (bmsc) => {
      const { keys, fault, message } = await solicitedPull(bmsc);
      if (message.kemac === undefined) throw new NotVisible('there is no KEMAC');
      expectThat(keys !== undefined, `${fault}`);
      return 'MAC good';
    },
  },
  {
    id: 'pull-counter',
    clause: 'RFC 3830 §5.4',
    certainty: 'V',
    asked: 'Its counter is greater than those of the messages before it.',
    level: 'shall',
    check: async (bmsc) => {
      const pull = await solicitedPull(bmsc);
      const before = bmsc.inbox.messages.filter(({ at, csbId }) => at < pull.at && csbId !== pull.csbId);
      const counters = before.map(({ message }) => message?.timestamp.counter ?? 0);
      const own = visible(pull.message.timestamp.counter, 'it has no counter');
      expectThat(own > Math.max(0, ...counters), `counter ${own} follows ${Math.max(0, ...counters)}`);
      return `counter ${own}`;
    },
  },
  {
    id: 'pull-answered',
    clause: CLAUSE,
    certainty: 'V',
    asked: 'The UE that asks for the current MSK after it gets it.',
    level: 'shall',
    check: async (bmsc) => {
      await expectDelivery(bmsc);
      await solicitedPull(bmsc);
      const { answer, first } = await requestMsk(bmsc, currentMsk(bmsc));
      if (answer.status === 401) throw new NotVisible('the request is not authenticated');
      expectThat(mskCode(bmsc, answer, currentMsk(bmsc)) === 200 && first !== undefined, 'no MSK came');
      return 'an MSK came';
    },
  },
];

/** Waits until the keys of the expiring subscriber are over, with its UE registered before. */
function outlived(bmsc: BmscUnderTest) {
  return bmsc.once('outlived', async () => {
    const { expiring } = bmsc.target;
    await bmsc.accepted();
    const { subject, expiresAt } = visible(expiring, 'the profile has no subscriber whose keys end soon');
    const left = expiresAt - Date.now();
    if (left > 0) await delay(left + 50);
    return subject;
  });
}

/** Registers the expiring subscriber while its keys live: its requirements come last. */
export const EXPIRING_START: BmscRequirement = {
  id: 'lifetime-begun',
  clause: 'TS 33.246 §6.1',
  certainty: 'V2',
  asked: 'Until its end a security association is good.',
  level: 'shall',
  check: async (bmsc) => {
    const { subject } = visible(bmsc.target.expiring, 'the profile has no subscriber whose keys end soon');
    await bmsc.accepted();
    const { mark } = subject.inbox;
    const { answer } = await subject.signed(subject.registration([bmsc.profile.services.subscribed]));
    expectThat(answer.status === 200, `the status is ${answer.status}`);
    await subject.inbox.next(mark, bmsc.profile.times.delivery);
    return 'status 200';
  },
};

/** What a BM-SC does once the keys of a UE are over; the last requirements of a run. */
export const LIFETIME: readonly BmscRequirement[] = [
  {
    id: 'lifetime-over',
    clause: 'TS 24.109 §5.2.5',
    certainty: 'V2',
    asked: 'A request under keys that are over is answered with 401: the UE bootstraps again.',
    level: 'shall',
    check: async (bmsc) => {
      const subject = await outlived(bmsc);
      const { answer } = await subject.signed(subject.registration([bmsc.profile.services.unknown]));
      expectThat(answer.status === 401, `the status is ${answer.status}`);
      return 'status 401';
    },
  },
  {
    id: 'lifetime-over-not-stale',
    clause: 'TS 24.109 §5.2.5',
    certainty: 'V2',
    asked: 'That 401 does not say stale=true, which would keep the UE from bootstrapping.',
    level: 'shall',
    check: async (bmsc) => {
      const subject = await outlived(bmsc);
      const { answer } = await subject.signed(subject.registration([bmsc.profile.services.unknown]));
      const { stale } = visible(subject.challengeIn(answer), 'there is no challenge');
      expectThat(!stale, 'it says stale=true');
      return 'not stale';
    },
  },
  {
    // @clause TS 24.109 §5.2.5 s1
    id: 'lifetime-over-realm',
    clause: 'TS 24.109 §5.2.5',
    certainty: 'V2',
    asked: 'Its realm is that of bootstrapping: by it the UE knows that it must bootstrap again.',
    level: 'shall',
    check: async (bmsc) => {
      const subject = await outlived(bmsc);
      const { answer } = await subject.signed(subject.registration([bmsc.profile.services.unknown]));
      return expectBootstrapping(subject, answer);
    },
  },
  {
    id: 'lifetime-no-msk',
    clause: CLAUSE,
    certainty: 'D',
    asked: 'No MSK is sent under a MUK that is over.',
    level: 'shall',
    check: async (bmsc) => {
      const subject = await outlived(bmsc);
      const push = visible(subject.target.stimuli.push, 'the profile has no command that pushes to it');
      const { mark } = subject.inbox;
      await push();
      await bmsc.quiet();
      const sent = subject.inbox
        .newDeliveries(mark)
        .filter(({ message }) => message?.kemac?.encrData.length !== 0);
      expectThat(sent.length === 0, 'an MSK is sent');
      return 'no MSK';
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.4 s6
    id: 'lifetime-one-pull',
    clause: CLAUSE,
    certainty: 'V',
    asked:
      'Beyond its lifetime a MUK is used for the first message of one solicited pull (NOTE 1), not again.',
    level: 'shall',
    check: async (bmsc) => {
      const subject = await outlived(bmsc);
      const solicit = visible(
        subject.target.stimuli.solicit,
        'the profile has no command that solicits a pull of it',
      );
      const { mark } = subject.inbox;
      for (const _ of ['one', 'another']) {
        await solicit();
        await bmsc.quiet();
      }
      const { length } = subject.inbox.newDeliveries(mark);
      expectThat(length <= 1, `${length} messages came under it`);
      return `${length} message`;
    },
  },
];
