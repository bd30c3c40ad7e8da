import { authenticationVectorOf } from '../../../lib/gba/aka.ts';
import type { AkaChallenge } from '../../../lib/http-digest/index.ts';
import { formatAkaNonce } from '../../../lib/http-digest/index.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import type { HttpAnswer } from '../../../lib/ue/http-post.ts';
import { expectThat, type Requirement } from '../requirement.ts';
import type { AnswerChanges, BsfUnderTest } from './subject.ts';

type BsfRequirement = Requirement<BsfUnderTest>;

/** Octets of RES with Milenage. */
const RES_LENGTH = 8;

function expectRefusal({ status }: HttpAnswer): string {
  expectThat(status >= 400 && status < 500, `the status is ${status}`);
  return `status ${status}`;
}

/** Answers a challenge so that it must be refused. */
async function refused(bsf: BsfUnderTest, changes: AnswerChanges): Promise<string> {
  await bsf.bootstrapped();
  return expectRefusal((await bsf.answered(changes)).answer);
}

/** A challenge that the SIM made itself, as anybody can who has its keys: no BSF sent it. */
function madeUp(bsf: BsfUnderTest, { realm }: AkaChallenge): AkaChallenge {
  const { keys, randomOctets } = bsf.target;
  const input = { rand: Uint8Array.from(randomOctets(16)), sqn: 32 * 100, amf: Uint8Array.of(0x80, 0) };
  const aka = { ...authenticationVectorOf(keys, input), serverData: new Uint8Array() };
  return { realm, aka, nonce: formatAkaNonce(aka), qop: ['auth-int'], stale: false };
}

/** How a BSF authenticates the UE (RFC 3310 §3.3, RFC 7616 §3.4). */
export const ANSWER: readonly BsfRequirement[] = [
  {
    // @clause TS 24.109 annex A.3 s3
    id: 'ub-accepted',
    clause: 'TS 24.109 annex A.3',
    certainty: 'V',
    asked: 'A UE whose RES is right gets a 200.',
    level: 'shall',
    check: async (bsf) => {
      const { status } = (await bsf.run()).answer;
      expectThat(status === 200, `the status is ${status}`);
      return 'status 200';
    },
  },
  {
    // @clause RFC 3310 §3.3 s1
    id: 'ub-wrong-res',
    clause: 'RFC 3310 §3.3',
    certainty: 'V',
    asked: 'RES is the password: a response by another RES is refused.',
    level: 'shall',
    check: (bsf) => {
      const res = new SecretKey(bsf.target.randomOctets(RES_LENGTH));
      return refused(bsf, { answer: { kind: 'res', res } });
    },
  },
  {
    // @clause RFC 3310 §3.4 s2
    id: 'ub-empty-password',
    clause: 'RFC 3310 §3.4',
    certainty: 'V',
    asked: 'Without auts a response by an empty password is refused.',
    level: 'shall',
    check: (bsf) => {
      const auts = { kind: 'auts', auts: new Uint8Array(14) } as const;
      return refused(bsf, { answer: auts, header: (header) => header.replace(/, auts="[^"]*"/, '') });
    },
  },
  {
    // @clause RFC 7616 §3.4 s6
    id: 'ub-replay',
    clause: 'RFC 7616 §3.4',
    certainty: 'V',
    asked: 'Credentials that were taken once are not taken again.',
    level: 'shall',
    check: async (bsf) => {
      await bsf.bootstrapped();
      const { header, answer } = await bsf.answered();
      expectThat(answer.status === 200, `a second run is answered with ${answer.status}`);
      return expectRefusal(await bsf.send(header));
    },
  },
  {
    // @clause RFC 7616 §3.3 s2
    id: 'ub-foreign-nonce',
    clause: 'RFC 7616 §3.3',
    certainty: 'V',
    asked: 'A right response to a challenge that the BSF has not sent is refused.',
    level: 'shall',
    check: async (bsf) => {
      const { challenge } = await bsf.bootstrapped();
      return refused(bsf, { challenge: madeUp(bsf, challenge) });
    },
  },
  {
    id: 'ub-other-user',
    clause: 'TS 33.220 §4.5.2',
    certainty: 'D',
    asked: 'A challenge is for one user: another name in the answer to it is refused.',
    level: 'shall',
    check: (bsf) => refused(bsf, { username: `other-${bsf.target.impi}` }),
  },
  {
    // @clause RFC 7616 §3.4.6 s1
    id: 'ub-uri',
    clause: 'RFC 7616 §3.4.6',
    certainty: 'V',
    asked: 'A uri that is not the Request-URI is refused.',
    level: 'shall',
    check: (bsf) => refused(bsf, { uri: `${bsf.uri}?other` }),
  },
  {
    // @clause RFC 7616 §3.4 s5
    id: 'ub-realm',
    clause: 'RFC 7616 §3.4',
    certainty: 'V',
    asked: 'Credentials for another realm are refused.',
    level: 'shall',
    check: (bsf) => refused(bsf, { realm: 'other.example.com' }),
  },
  {
    // @clause TS 24.109 §4.2 s2
    id: 'ub-qop',
    clause: 'TS 24.109 §4.2',
    certainty: 'V2',
    asked: 'An answer that is not integrity protected (qop=auth) is refused.',
    level: 'shall',
    check: (bsf) => refused(bsf, { qop: 'auth' }),
  },
];
