import { setTimeout as delay } from 'node:timers/promises';
import { btidOf } from '../../../lib/gba/btid.ts';
import type { HttpAnswer } from '../../../lib/ue/http-post.ts';
import { expectThat, NotVisible, type Requirement, visible } from '../requirement.ts';
import { CREDENTIAL_GRAMMAR } from './credential-grammar.ts';
import { harmless, refused } from './credentials.ts';
import type { BmscUnderTest } from './subject.ts';

type BmscRequirement = Requirement<BmscUnderTest>;

/** Whether the challenge of an answer says that only the nonce is at fault. @throws NotVisible without one */
function isStale(bmsc: BmscUnderTest, answer: HttpAnswer): boolean {
  return visible(bmsc.challengeIn(answer), `there is no challenge in the ${answer.status}`).stale;
}

function expect401({ status }: HttpAnswer): string {
  expectThat(status === 401, `the status is ${status}, not 401`);
  return 'status 401';
}

/** The indication by which a UE knows that it has to bootstrap. */
export function expectBootstrapping(bmsc: BmscUnderTest, answer: HttpAnswer): string {
  const { realm } = visible(bmsc.challengeIn(answer), `there is no challenge in the ${answer.status}`);
  expectThat(realm.split(';').includes(bmsc.realm), `the realm is ${realm}, not ${bmsc.realm}`);
  return `realm ${realm}`;
}

/** A B-TID that no BSF has given. */
function unknownBtid({ target }: BmscUnderTest): string {
  const [, bsfName = ''] = target.association.btid.split('@');
  return btidOf({ rand: target.randomOctets(16), bsfName });
}

/** Whose credentials are taken, and whose are not. */
const CREDENTIALS: readonly BmscRequirement[] = [
  {
    id: 'auth-accepted',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'A UE whose response is right is authenticated: it gets a 200.',
    level: 'shall',
    check: async (bmsc) => {
      const { answer } = await bmsc.signed(harmless(bmsc));
      expectThat(answer.status === 200, `the status is ${answer.status}`);
      return 'status 200';
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.1 s13
    id: 'auth-unchallenged',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'A UE may count on under a nonce: credentials in its first message need no challenge (NOTE 2).',
    level: 'shall',
    check: async (bmsc) => {
      const challenge = await bmsc.challenge();
      const one = await bmsc.signed(harmless(bmsc), { challenge });
      if (one.answer.status !== 200) throw new NotVisible('the first request is not authenticated');
      await bmsc.accepted();
      const { answer } = await bmsc.signed(harmless(bmsc), { challenge });
      expectThat(answer.status === 200, `nonce count 2 is answered with ${answer.status}`);
      return 'nonce count 2 is taken';
    },
  },
  {
    id: 'auth-scheme-case',
    clause: 'RFC 9110 §11.1',
    certainty: 'V',
    asked: 'The name of the scheme is taken in any case.',
    level: 'shall',
    check: async (bmsc) => {
      const changes = { header: (header: string) => header.replace('Digest', 'digest') };
      await bmsc.accepted();
      const { answer } = await bmsc.signed(harmless(bmsc), changes);
      expectThat(answer.status === 200, `"digest" is answered with ${answer.status}`);
      return 'taken in lower case';
    },
  },
  {
    id: 'auth-parameter-order',
    clause: 'RFC 9110 §11.4',
    certainty: 'V',
    asked: 'The parameters of the credentials are taken in any order.',
    level: 'shall',
    check: async (bmsc) => {
      const turned = (header: string) => `Digest ${header.slice(7).split(', ').reverse().join(', ')}`;
      await bmsc.accepted();
      const { answer } = await bmsc.signed(harmless(bmsc), { header: turned });
      expectThat(answer.status === 200, `parameters from last to first are answered with ${answer.status}`);
      return 'taken from last to first';
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.1 s9, s14
    id: 'auth-wrong-response',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'If the authentication fails, the BM-SC sends 401 again, with a challenge.',
    level: 'shall',
    check: async (bmsc) => {
      const answer = await refused(bmsc, { header: withWrongResponse });
      expect401(answer);
      expectThat(bmsc.challengeIn(answer) !== undefined, 'the 401 has no challenge');
      return 'status 401 with a challenge';
    },
  },
  {
    id: 'auth-wrong-response-not-stale',
    clause: 'RFC 2617 §3.2.1',
    certainty: 'V',
    asked: 'stale=true only answers a response that is right: a guess learns nothing.',
    level: 'shall',
    check: async (bmsc) => {
      await bmsc.accepted();
      const { answer } = await bmsc.signed(harmless(bmsc), { header: withWrongResponse });
      expectThat(!isStale(bmsc, answer), 'a wrong response is answered with stale=true');
      return 'not stale';
    },
  },
  {
    id: 'auth-unknown-b-tid',
    clause: 'TS 24.109 §5.2.5',
    certainty: 'V2',
    asked: 'A B-TID that nobody knows is answered with 401: the UE bootstraps.',
    level: 'shall',
    check: async (bmsc) => expect401(await refused(bmsc, { username: unknownBtid(bmsc) })),
  },
  {
    id: 'auth-unknown-b-tid-not-stale',
    clause: 'TS 24.109 §5.2.5',
    certainty: 'V2',
    asked: 'That 401 does not say stale=true: a new nonce would not help.',
    level: 'shall',
    check: async (bmsc) => {
      await bmsc.accepted();
      const { answer } = await bmsc.signed(harmless(bmsc), { username: unknownBtid(bmsc) });
      expectThat(!isStale(bmsc, answer), 'an unknown B-TID is answered with stale=true');
      return 'not stale';
    },
  },
  {
    // @clause TS 24.109 §5.2.4 s1, s2
    id: 'auth-unknown-b-tid-realm',
    clause: 'TS 24.109 §5.2.4',
    certainty: 'V2',
    asked: 'The realm of that 401 says that bootstrapping is required: 3GPP-bootstrapping@ and the FQDN.',
    level: 'shall',
    check: async (bmsc) => {
      await bmsc.accepted();
      const { answer } = await bmsc.signed(harmless(bmsc), { username: unknownBtid(bmsc) });
      return expectBootstrapping(bmsc, answer);
    },
  },
  {
    id: 'auth-realm',
    clause: 'RFC 7616 §3.4',
    certainty: 'V',
    asked: 'Credentials for another realm are refused.',
    level: 'shall',
    check: async (bmsc) => {
      const answer = await refused(bmsc, { realm: '3GPP-bootstrapping@other.example.com' });
      return `status ${answer.status}`;
    },
  },
  {
    id: 'auth-malformed',
    clause: 'RFC 7616 §3.4',
    certainty: 'V',
    asked: 'Credentials without a nonce are refused with 4xx.',
    level: 'shall',
    check: async (bmsc) => {
      const changes = { header: (header: string) => header.replace(/nonce="[^"]*", /, '') };
      const { status } = await refused(bmsc, changes);
      expectThat(status >= 400 && status < 500, `the status is ${status}`);
      return `status ${status}`;
    },
  },
];

/** What the credentials protect. */
const INTEGRITY: readonly BmscRequirement[] = [
  {
    // @clause TS 33.246 §6.3.2.2.1 s3
    id: 'auth-body',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'A request whose body was changed on the way is refused.',
    level: 'shall',
    check: async (bmsc) => {
      const signedBody = bmsc.registration([`${bmsc.profile.services.unknown}:before`]).body;
      return expect401(await refused(bmsc, { signedBody }));
    },
  },
  {
    id: 'auth-qop',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'D',
    asked: 'A request that is not integrity protected (qop=auth) is refused.',
    level: 'shall',
    check: async (bmsc) => {
      if (bmsc.profile.options.qopAuth) throw new NotVisible('the profile allows qop=auth');
      return `status ${(await refused(bmsc, { qop: 'auth' })).status}`;
    },
  },
  {
    id: 'auth-uri',
    clause: 'RFC 7616 §3.4.6',
    certainty: 'V',
    asked: 'A uri that is not the Request-URI is refused, as a rule with 400.',
    level: 'shall',
    check: async (bmsc) => {
      const uri = `${bmsc.target.url.pathname}?requesttype=another`;
      const { status } = await refused(bmsc, { uri });
      expectThat(status === 400 || status === 401, `the status is ${status}`);
      return `status ${status}`;
    },
  },
];

/** Nonces and their counts. */
const REPLAY: readonly BmscRequirement[] = [
  {
    id: 'auth-replay',
    clause: 'RFC 7616 §3.4',
    certainty: 'V',
    asked: 'The same nonce count twice under one nonce is a replay, and refused.',
    level: 'shall',
    check: async (bmsc) => {
      const challenge = await bmsc.challenge();
      const one = await bmsc.signed(harmless(bmsc), { challenge, nc: 1 });
      if (one.answer.status !== 200) throw new NotVisible('the first request is not authenticated');
      return expect401(await refused(bmsc, { challenge, nc: 1 }));
    },
  },
  {
    id: 'auth-foreign-nonce',
    clause: 'RFC 7616 §3.3',
    certainty: 'V',
    asked: 'A nonce that the BM-SC has not made is refused.',
    level: 'shall',
    check: async (bmsc) => {
      const nonce = Buffer.from(bmsc.target.randomOctets(38)).toString('base64url');
      return expect401(await refused(bmsc, { nonce }));
    },
  },
  {
    id: 'auth-old-nonce',
    clause: 'RFC 7616 §3.3',
    certainty: 'V',
    asked: 'A nonce after its lifetime is refused.',
    level: 'shall',
    check: async (bmsc) => expect401(await oldNonce(bmsc)),
  },
  {
    id: 'auth-old-nonce-stale',
    clause: 'RFC 2617 §3.2.1',
    certainty: 'V',
    asked: 'Where only the nonce is old, the 401 says stale=true: the UE need not bootstrap.',
    level: 'shall',
    check: async (bmsc) => {
      expectThat(isStale(bmsc, await oldNonce(bmsc)), 'an old nonce is answered without stale=true');
      return 'stale=true';
    },
  },
];

/** The answer to a right response under a nonce after its lifetime. */
function oldNonce(bmsc: BmscUnderTest): Promise<HttpAnswer> {
  return bmsc.once('old nonce', async () => {
    const lifetime = visible(bmsc.profile.nonceLifetime, 'the profile does not say how long a nonce lives');
    await bmsc.accepted();
    const challenge = await bmsc.challenge();
    await delay(lifetime + 100);
    return (await bmsc.signed(harmless(bmsc), { challenge })).answer;
  });
}

function withWrongResponse(header: string): string {
  return header.replace(/response="([0-9a-f]*)([0-9a-f])"/, (_, start: string, last: string) => {
    return `response="${start}${last === '0' ? '1' : '0'}"`;
  });
}

/** Authentication of requests (TS 33.246 §6.2.1.3, RFC 7616). */
export const AUTHENTICATION: readonly BmscRequirement[] = [
  ...CREDENTIALS,
  ...CREDENTIAL_GRAMMAR,
  ...INTEGRITY,
  ...REPLAY,
];
