import { expectThat, NotVisible, type Requirement, visible } from '../requirement.ts';
import type { BsfUnderTest } from './subject.ts';

type BsfRequirement = Requirement<BsfUnderTest>;

/** What the BSF says to an AUTS by which the SIM is ahead of it, once for all. */
function resynchronised(bsf: BsfUnderTest) {
  return bsf.once('AUTS', async () => {
    await bsf.bootstrapped();
    const before = await bsf.challenge();
    const { auts, sqn } = bsf.autsFor(before);
    const { answer } = await bsf.answered({ challenge: before, answer: { kind: 'auts', auts } });
    return { before, sqn, answer, challenge: bsf.challengeIn(answer) };
  });
}

async function nextChallenge(bsf: BsfUnderTest) {
  const found = await resynchronised(bsf);
  return { ...found, challenge: visible(found.challenge, 'no challenge follows AUTS') };
}

/** The challenge after AUTS, where it is not the same again. @throws NotVisible */
async function newChallenge(bsf: BsfUnderTest) {
  const found = await nextChallenge(bsf);
  if (found.before.nonce === found.challenge.nonce) throw new NotVisible('the challenge is the same again');
  return found;
}

/** A SIM that is ahead of the BSF says so by AUTS (RFC 3310 §3.4, TS 24.109 §4.5 and annex A.4). */
export const RESYNCHRONISATION: readonly BsfRequirement[] = [
  {
    // @clause RFC 3310 §3.4 s1
    // @clause TS 24.109 annex A.4 s1, s2
    id: 'ub-auts-challenged',
    clause: 'TS 24.109 annex A.4',
    certainty: 'V',
    asked: 'Credentials with auts are answered with 401 and another challenge.',
    level: 'shall',
    check: async (bsf) => {
      const { answer, challenge } = await resynchronised(bsf);
      expectThat(answer.status === 401, `the status is ${answer.status}`);
      expectThat(challenge !== undefined, 'the 401 has no challenge of Digest AKA');
      return 'status 401 with a challenge';
    },
  },
  {
    // @clause TS 24.109 annex A.4 s2
    id: 'ub-auts-new',
    clause: 'TS 24.109 annex A.4',
    certainty: 'V',
    asked: 'The challenge after AUTS is a new one.',
    level: 'shall',
    check: async (bsf) => {
      const { before, challenge } = await nextChallenge(bsf);
      expectThat(before.nonce !== challenge.nonce, 'it is the same again');
      return 'another RAND';
    },
  },
  {
    // @clause TS 33.102 §6.3.5 s1
    id: 'ub-auts-sqn',
    clause: 'TS 33.102 §6.3.5',
    certainty: 'V2',
    asked: 'The network takes the SQN of AUTS: that of the new challenge is greater.',
    level: 'shall',
    check: async (bsf) => {
      const { sqn, challenge } = await newChallenge(bsf);
      const own = bsf.read(challenge).sqn;
      expectThat(own > sqn, `SQN ${own} follows AUTS with ${sqn}`);
      return `${own} after ${sqn}`;
    },
  },
  {
    // @clause TS 24.109 annex A.4 s3
    id: 'ub-auts-accepted',
    clause: 'TS 24.109 annex A.4',
    certainty: 'V',
    asked: 'RES to the new challenge ends the run with a 200.',
    level: 'shall',
    check: async (bsf) => {
      const { challenge } = await newChallenge(bsf);
      const { status } = (await bsf.answered({ challenge })).answer;
      expectThat(status === 200, `the status is ${status}`);
      return 'status 200';
    },
  },
  {
    // @clause TS 33.102 §6.3.5 s2
    id: 'ub-auts-forged',
    clause: 'TS 33.102 §6.3.5',
    certainty: 'V2',
    asked: 'AUTS whose MAC is wrong moves no SQN: nobody but the SIM resynchronises.',
    level: 'shall',
    check: async (bsf) => {
      await newChallenge(bsf);
      const before = await bsf.challenge();
      const { auts, sqn } = bsf.autsFor(before);
      const forged = Uint8Array.from(auts);
      forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
      const { answer } = await bsf.answered({ challenge: before, answer: { kind: 'auts', auts: forged } });
      expectThat(answer.status !== 200, 'it is answered with 200');
      const after = bsf.read(await bsf.challenge()).sqn;
      expectThat(after <= sqn, `SQN ${after} follows a forged AUTS with ${sqn}`);
      return `status ${answer.status}, SQN ${after}`;
    },
  },
];
