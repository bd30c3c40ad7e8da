import { readChallenge } from '../../../lib/gba/aka.ts';
import { expectThat, NotVisible, type Requirement, visible } from '../requirement.ts';
import { documentOf } from './document.ts';
import type { BsfUnderTest } from './subject.ts';

type BsfRequirement = Requirement<BsfUnderTest>;

/** The answer to a request that names the user, once for all. */
function challenged(bsf: BsfUnderTest) {
  return bsf.once('challenge', () => bsf.identify());
}

async function header(bsf: BsfUnderTest): Promise<string> {
  return visible((await challenged(bsf)).headers['www-authenticate'], 'there is no challenge');
}

async function challenge(bsf: BsfUnderTest) {
  return visible(bsf.challengeIn(await challenged(bsf)), 'there is no challenge of Digest AKA');
}

/** A user that no BSF has: an IMSI of the test network with digits of chance. */
function unknownImpi({ target }: BsfUnderTest): string {
  const digits = [...target.randomOctets(10)].map((octet) => octet % 10).join('');
  return `00101${digits}@ims.mnc001.mcc001.3gppnetwork.org`;
}

function expectRefusal(status: number): string {
  expectThat(status >= 400 && status < 500, `the status is ${status}`);
  return `status ${status}`;
}

const FORM: readonly BsfRequirement[] = [
  {
    // @clause TS 24.109 annex A.3 s1, s2
    id: 'ub-challenge-status',
    clause: 'TS 24.109 annex A.3',
    certainty: 'V',
    asked: 'A GET that names a private identity is answered with 401.',
    level: 'shall',
    check: async (bsf) => {
      const { status } = await challenged(bsf);
      expectThat(status === 401, `the status is ${status}`);
      return 'status 401';
    },
  },
  {
    // @clause RFC 3310 §3.1 s1
    id: 'ub-challenge-aka',
    clause: 'RFC 3310 §3.1',
    certainty: 'V',
    asked: 'The 401 challenges by Digest with the algorithm AKAv1-MD5.',
    level: 'shall',
    check: async (bsf) => {
      if ((await challenged(bsf)).status !== 401) throw new NotVisible('there is no 401');
      const text = (await challenged(bsf)).headers['www-authenticate'] ?? '';
      expectThat(/^\s*digest\s/i.test(text), 'there is no challenge by Digest');
      expectThat(/\balgorithm="?AKAv1-MD5\b/i.test(text), 'the algorithm is another');
      return 'AKAv1-MD5';
    },
  },
  {
    // @clause RFC 3310 §3.2 s1
    id: 'ub-challenge-nonce',
    clause: 'RFC 3310 §3.2',
    certainty: 'V',
    asked: 'The nonce is the Base64 of RAND and AUTN, 16 octets each, and of what the BSF adds.',
    level: 'shall',
    check: async (bsf) => {
      const text = await header(bsf);
      if (!/AKAv1-MD5/i.test(text)) throw new NotVisible('there is no challenge of Digest AKA');
      const [, nonce] = /\bnonce="([^"]*)"/i.exec(text) ?? [];
      const octets = Buffer.from(visible(nonce, 'there is no nonce'), 'base64');
      expectThat(octets.toString('base64') === nonce, 'it is no Base64');
      expectThat(octets.length >= 32, `it has ${octets.length} octets`);
      return `${octets.length} octets`;
    },
  },
  {
    // @clause TS 24.109 §4.2 s1
    id: 'ub-challenge-realm',
    clause: 'TS 24.109 §4.2',
    certainty: 'V2',
    asked: 'The realm is the FQDN of the BSF: that of its URL, or of the B-TIDs that it gives.',
    level: 'shall',
    check: async (bsf) => {
      const { realm } = await challenge(bsf);
      const { hostname } = bsf.target.url;
      const domain = documentOf((await bsf.run()).answer)?.btid?.split('@')[1];
      if (domain?.includes('.') !== true && /^[\d.]+$|:/.test(hostname))
        throw new NotVisible('its FQDN is not known');
      expectThat(realm === hostname || realm === domain, `the realm is ${realm}`);
      return `realm ${realm}`;
    },
  },
  {
    // @clause TS 24.109 §4.2 s2
    id: 'ub-challenge-auth-int',
    clause: 'TS 24.109 §4.2',
    certainty: 'V2',
    asked: 'The qop is auth-int: B-TID and lifetime are integrity protected.',
    level: 'shall',
    check: async (bsf) => {
      const { qop } = await challenge(bsf);
      expectThat(qop.includes('auth-int'), `the challenge offers ${qop.join(', ') || 'none'}`);
      return `qop ${qop.join(', ')}`;
    },
  },
  {
    id: 'ub-challenge-quoting',
    clause: 'RFC 7616 §3.3',
    certainty: 'V',
    asked: 'In the challenge realm, nonce, qop and opaque stand in quotes; algorithm and stale do not.',
    level: 'shall',
    check: async (bsf) => {
      const text = await header(bsf);
      const bare = /\b(realm|nonce|qop|opaque|domain)=[^"\s]/i.exec(text);
      const quoted = /\b(algorithm|stale)="/i.exec(text);
      expectThat(bare === null, `${bare?.[1]} has no quotes`);
      expectThat(quoted === null, `${quoted?.[1]} has quotes`);
      return 'as the grammar has it';
    },
  },
  {
    id: 'ub-challenge-not-stale',
    clause: 'RFC 2617 §3.2.1',
    certainty: 'V',
    asked: 'A challenge to a request that answers none is not stale.',
    level: 'shall',
    check: async (bsf) => {
      expectThat(!(await challenge(bsf)).stale, 'the first challenge says stale=true');
      return 'not stale';
    },
  },
  {
    // @clause TS 33.220 §4.5.2 s3
    id: 'ub-server-token',
    clause: 'TS 33.220 §4.5.2',
    certainty: 'V',
    asked: 'The Server header has the product token 3gpp-gba-tmpi (since Release 8).',
    level: 'shall',
    check: async (bsf) => {
      if (!bsf.target.hasTmpi) throw new NotVisible('the profile does not say that the BSF gives TMPIs');
      const server = String((await challenged(bsf)).headers.server ?? '');
      expectThat(/(^|[\s;,])3gpp-gba-tmpi($|[\s;,])/.test(server), `the Server header is "${server}"`);
      return server;
    },
  },
];

const VECTOR: readonly BsfRequirement[] = [
  {
    // @clause TS 33.102 §6.3.3 s1
    id: 'ub-autn',
    clause: 'TS 33.102 §6.3.3',
    certainty: 'V2',
    asked: 'The MAC in AUTN is right: the UE authenticates its home network by it.',
    level: 'shall',
    check: async (bsf) => {
      const { rand, autn } = (await challenge(bsf)).aka;
      expectThat(
        readChallenge(bsf.target.keys, rand, autn) !== undefined,
        'the MAC is wrong under the key of the SIM',
      );
      return 'MAC good';
    },
  },
  {
    // @clause TS 33.102 §6.3.2 s1
    id: 'ub-rand-new',
    clause: 'TS 33.102 §6.3.2',
    certainty: 'V2',
    asked: 'Each challenge has a RAND of its own.',
    level: 'shall',
    check: async (bsf) => {
      const [one, other] = [await challenge(bsf), await bsf.challenge()];
      const isSame = Buffer.from(one.aka.rand).equals(other.aka.rand);
      expectThat(!isSame, 'two challenges have the same RAND');
      return 'two RANDs';
    },
  },
  {
    // @clause TS 33.102 §6.3.2 s2
    id: 'ub-sqn',
    clause: 'TS 33.102 §6.3.2',
    certainty: 'D',
    asked: 'The SQN of a challenge is greater than that of the one before: a USIM takes it.',
    level: 'shall',
    check: async (bsf) => {
      const challenges = [await bsf.challenge(), await bsf.challenge()];
      const [one = 0, other = 0] = challenges.map((each) => bsf.read(each).sqn);
      const [first, second] = challenges;
      if (first?.nonce === second?.nonce) throw new NotVisible('the two challenges are the same');
      expectThat(other > one, `SQN ${other} follows ${one}`);
      return `${other} after ${one}`;
    },
  },
];

const REFUSALS: readonly BsfRequirement[] = [
  {
    id: 'ub-unknown-identity',
    clause: 'TS 24.109 §4.3',
    certainty: 'D',
    asked: 'A private identity that nobody has is refused with 4xx.',
    level: 'shall',
    check: async (bsf) => expectRefusal((await bsf.identify(unknownImpi(bsf))).status),
  },
  {
    id: 'ub-no-identity',
    clause: 'TS 24.109 §4.2',
    certainty: 'D',
    asked: 'A request that names nobody is refused with 4xx.',
    level: 'shall',
    check: async (bsf) => expectRefusal((await bsf.send()).status),
  },
];

/** The challenge of a BSF (RFC 3310 §3, TS 24.109 annex A.3). */
export const CHALLENGE: readonly BsfRequirement[] = [...FORM, ...VECTOR, ...REFUSALS];
