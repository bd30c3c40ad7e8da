import { decodeBase64Text } from '../../../lib/key-management/payload/body.ts';
import { PayloadError } from '../../../lib/key-management/payload/errors.ts';
import { parseMediaType } from '../../../lib/key-management/payload/mime.ts';
import { expectThat, NotVisible, type Requirement, visible } from '../requirement.ts';
import { authenticated, firstSigned, pulled, typesOf } from './evidence.ts';
import { requestAfter, sendPull } from './messages.ts';
import { OPAQUE, type UeRequest, type UeUnderTest } from './subject.ts';

type UeRequirement = Requirement<UeUnderTest>;

/** What a UE sends over HTTP. */
export const REQUEST: readonly UeRequirement[] = [
  {
    id: 'ue-challenge-answered',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'The UE answers the challenge, and its response is right for B-TID, MRK and body.',
    level: 'shall',
    check: async (ue) => {
      const request = await firstSigned(ue);
      expectThat(request.authorization !== undefined, 'its credentials are malformed');
      if (request.authorization.qop !== 'auth-int') throw new NotVisible('its qop is not auth-int');
      expectThat(request.isRight, 'the response or the username is wrong');
      return `username ${request.authorization.username}`;
    },
  },
  {
    id: 'ue-qop',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'The UE protects its request by auth-int, which is what the challenge offers.',
    level: 'shall',
    check: async (ue) => {
      const { authorization } = await firstSigned(ue);
      const qop = visible(authorization, 'its credentials are malformed').qop;
      expectThat(qop === 'auth-int', `the qop is ${qop}`);
      return 'auth-int';
    },
  },
  {
    // @clause TS 33.246 §G.2.3 s5
    id: 'ue-uri',
    clause: 'RFC 7616 §3.4',
    certainty: 'V',
    asked: 'The uri of its credentials is the Request-URI, with its query.',
    level: 'shall',
    check: async (ue) => {
      const { authorization, target } = await firstSigned(ue);
      const { uri } = visible(authorization, 'its credentials are malformed');
      expectThat(uri === target || uri.endsWith(target), `the uri is ${uri}, the Request-URI ${target}`);
      return uri;
    },
  },
  {
    // @clause RFC 7616 §3.4 s1
    id: 'ue-opaque',
    clause: 'RFC 7616 §3.4',
    certainty: 'V',
    asked: 'The UE repeats the opaque of the challenge, unchanged.',
    level: 'shall',
    check: async (ue) => {
      const { opaque } = visible((await firstSigned(ue)).authorization, 'its credentials are malformed');
      expectThat(opaque === OPAQUE, `it is ${opaque === undefined ? 'not there' : `"${opaque}"`}`);
      return 'it does';
    },
  },
  {
    id: 'ue-user-agent',
    clause: 'TS 24.109 annex B.3',
    certainty: 'V',
    asked: 'The User-Agent of the UE has a product token that says how it bootstraps, such as 3gpp-gba.',
    level: 'shall',
    check: async (ue) => {
      const agent = (await firstSigned(ue)).headers['user-agent'] ?? '';
      expectThat(/3gpp-gba|3gpp-akma|GBA_Digest/.test(agent), `the User-Agent is "${agent}"`);
      return agent;
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.1 s4
    // @clause TS 33.246 §G.2.3 s1, s4
    id: 'ue-method',
    clause: 'TS 33.246 §G.2.3',
    certainty: 'V',
    asked: 'Its requests are POST, of HTTP/1.1.',
    level: 'shall',
    check: async (ue) => {
      const { method, httpVersion } = await firstSigned(ue);
      expectThat(method === 'POST' && httpVersion === '1.1', `it is ${method} of HTTP/${httpVersion}`);
      return 'POST, HTTP/1.1';
    },
  },
  {
    // @clause TS 33.246 §G.2.3 s2
    id: 'ue-requesttype',
    clause: 'TS 33.246 §G.2.3',
    certainty: 'V',
    asked: 'The Request-URI has one URI parameter requesttype.',
    level: 'shall',
    check: async (ue) => {
      const types = typesOf(await firstSigned(ue));
      expectThat(types.length === 1, `it has ${types.length}`);
      return `requesttype=${types[0]}`;
    },
  },
  {
    // @clause TS 33.246 §G.2.3 s9, s10
    id: 'ue-base64',
    clause: 'TS 33.246 §G.2.3',
    certainty: 'V',
    asked: 'Its payload is an XML document in Base64.',
    level: 'shall',
    check: async (ue) => {
      const { body } = await firstSigned(ue);
      if (ue.target.payloadProfile.requestBody !== 'base64')
        throw new NotVisible('the payload profile has bodies that are XML as it is');
      expectThat(textOf(body)?.trimStart().startsWith('<') === true, 'it is no XML in Base64');
      return `${body.length} octets`;
    },
  },
  {
    // @clause TS 26.346 annex C.12 s1
    id: 'ue-register-form',
    clause: 'TS 26.346 §11.4',
    certainty: 'V2',
    asked: 'The media type of a registration is application/mbms-register+xml.',
    level: 'shall',
    check: (ue) => expectForm(ue, 'register'),
  },
  {
    // @clause TS 26.346 annex C.12 s2
    id: 'ue-deregister-form',
    clause: 'TS 26.346 §11.5',
    certainty: 'V2',
    asked: 'The media type of a deregistration is application/mbms-deregister+xml.',
    level: 'shall',
    check: (ue) => expectForm(ue, 'deregister'),
  },
  {
    // @clause TS 24.109 §5.2.4 s3
    id: 'ue-other-realm',
    clause: 'TS 24.109 §5.2.4',
    certainty: 'D',
    asked:
      'A challenge with the realm of another NAF is not answered: the realm names the NAF that was asked.',
    level: 'shall',
    check: async (ue) => {
      await authenticated(ue);
      const mark = ue.requests.length;
      ue.refusals.push('other-realm');
      await sendPull(ue);
      visible(await requestAfter(ue, mark, ue.target.answerMs), 'the UE sends no more requests');
      const isAnswer = ({ authorization }: UeRequest) => ue.foreignNonces.has(authorization?.nonce ?? '');
      const answer = await ue.next(ue.requests, mark, ue.target.quietMs, isAnswer);
      expectThat(answer === undefined, 'the UE answers it');
      return 'not answered';
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.1 s16
    id: 'ue-stale',
    clause: 'RFC 2617 §3.2.1',
    certainty: 'V',
    asked:
      'A 401 with stale=true makes the UE repeat its request under the new nonce, without bootstrapping.',
    level: 'shall',
    check: async (ue) => {
      await authenticated(ue);
      const mark = ue.requests.length;
      ue.refusals.push('stale');
      await sendPull(ue);
      const refused = visible(
        await requestAfter(ue, mark, ue.target.answerMs),
        'the UE sends no more requests',
      );
      const isRepeated = ({ isRight, isNonceNew, authorization }: UeRequest) =>
        isRight && isNonceNew && authorization?.nonce !== refused.authorization?.nonce;
      const again = await ue.next(ue.requests, mark, ue.target.answerMs, isRepeated);
      ue.refusals.length = 0;
      expectThat(again !== undefined, 'it did not come again');
      return 'it came again';
    },
  },
  {
    id: 'ue-nonce-count',
    clause: 'RFC 7616 §3.4',
    certainty: 'V',
    asked: 'Under one nonce the UE counts on, from 1: no count comes twice.',
    level: 'shall',
    check: async (ue) => {
      await pulled(ue);
      const counts = new Map<string, number>();
      for (const { authorization } of ue.requests) {
        if (authorization === undefined) continue;
        const { nonce, nc } = authorization;
        const last = counts.get(nonce) ?? 0;
        expectThat(nc === last + 1, `count ${nc} follows ${last}`);
        counts.set(nonce, nc);
      }
      return `${counts.size} nonces`;
    },
  },
];

/** Looks at the first request of a kind: its requesttype or its media type says which. */
async function expectForm(ue: UeUnderTest, name: 'register' | 'deregister'): Promise<string> {
  const { requestType: kind, mediaType } = ue.target.payloadProfile[name];
  await authenticated(ue);
  const typeOf = ({ headers }: UeRequest) => parseMediaType(headers['content-type'] ?? '');
  const isOfKind = (request: UeRequest) => typesOf(request).includes(kind) || typeOf(request) === mediaType;
  const request = visible(
    await ue.next(ue.requests, 0, ue.target.quietMs, isOfKind),
    `the UE sent no ${kind}`,
  );
  expectThat(typeOf(request) === mediaType, `it is ${typeOf(request)}`);
  return mediaType;
}

function textOf(body: string): string | undefined {
  try {
    return decodeBase64Text(Buffer.from(body, 'latin1'));
  } catch (error) {
    if (error instanceof PayloadError) return undefined;
    throw error;
  }
}
