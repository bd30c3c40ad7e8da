import { parseAuthenticationInfo } from '../../../lib/http-digest/authentication-info.ts';
import { DigestError } from '../../../lib/http-digest/index.ts';
import { digestResponse, isSame } from '../../../lib/http-digest/response.ts';
import { expectThat, NotVisible, type Requirement, visible } from '../requirement.ts';
import type { BmscUnderTest, SignedExchange } from './subject.ts';

type BmscRequirement = Requirement<BmscUnderTest>;

/** The 401 to a request without credentials, once for all. */
function challenged(bmsc: BmscUnderTest) {
  return bmsc.once('challenge', () => bmsc.send(bmsc.registration([bmsc.profile.services.unknown])));
}

async function header(bmsc: BmscUnderTest): Promise<string> {
  return visible((await challenged(bmsc)).headers['www-authenticate'], 'there is no challenge');
}

/** The challenge of a BM-SC (RFC 7616 §3.3, TS 24.109 §5.2.4). */
export const CHALLENGE: readonly BmscRequirement[] = [
  {
    id: 'challenge-status',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'A request without credentials is answered with 401.',
    level: 'shall',
    check: async (bmsc) => {
      const { status } = await challenged(bmsc);
      expectThat(status === 401, `the status is ${status}`);
      return 'status 401';
    },
  },
  {
    id: 'challenge-header',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'The 401 has a WWW-Authenticate header with a Digest challenge.',
    level: 'shall',
    check: async (bmsc) => {
      const answer = await challenged(bmsc);
      if (answer.status !== 401) throw new NotVisible('there is no 401');
      expectThat(
        bmsc.challengeIn(answer) !== undefined,
        'there is no Digest challenge with a known algorithm and qop',
      );
      return 'a Digest challenge';
    },
  },
  {
    id: 'challenge-quoting',
    clause: 'RFC 7616 §3.3',
    certainty: 'V',
    asked: 'In the challenge realm, nonce, qop and opaque stand in quotes; algorithm and stale do not.',
    level: 'shall',
    check: async (bmsc) => {
      const text = await header(bmsc);
      const bare = /\b(realm|nonce|qop|opaque|domain)=[^"\s]/i.exec(text);
      const quoted = /\b(algorithm|stale)="/i.exec(text);
      expectThat(bare === null, `${bare?.[1]} has no quotes`);
      expectThat(quoted === null, `${quoted?.[1]} has quotes`);
      return 'as the grammar has it';
    },
  },
  {
    id: 'challenge-realm',
    clause: 'TS 24.109 §5.2.4',
    certainty: 'V2',
    asked: 'The realm is 3GPP-bootstrapping@ and the FQDN of the BM-SC.',
    level: 'shall',
    check: async (bmsc) => {
      await header(bmsc);
      const realm = bmsc.challengeIn(await challenged(bmsc))?.realm;
      expectThat(realm?.split(';').includes(bmsc.realm) === true, `the realm is ${realm}, not ${bmsc.realm}`);
      return `realm ${realm}`;
    },
  },
  {
    // @clause TS 33.246 §6.3.2.2.1 s3
    id: 'challenge-auth-int',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'The exchange is integrity protected: the challenge offers auth-int.',
    level: 'shall',
    check: async (bmsc) => {
      await header(bmsc);
      const qop = bmsc.challengeIn(await challenged(bmsc))?.qop ?? [];
      expectThat(qop.includes('auth-int'), `the challenge offers ${qop.join(', ')}`);
      return `qop ${qop.join(', ')}`;
    },
  },
  {
    id: 'challenge-not-stale',
    clause: 'RFC 2617 §3.2.1',
    certainty: 'V',
    asked: 'A challenge to a request without credentials is not stale.',
    level: 'shall',
    check: async (bmsc) => {
      await header(bmsc);
      expectThat(
        bmsc.challengeIn(await challenged(bmsc))?.stale === false,
        'the first challenge says stale=true',
      );
      return 'not stale';
    },
  },
  {
    id: 'challenge-nonce-new',
    clause: 'RFC 7616 §3.3',
    certainty: 'V',
    asked: 'Each challenge has a nonce of its own.',
    level: 'shall',
    check: async (bmsc) => {
      const [one, other] = [await bmsc.challenge(), await bmsc.challenge()];
      expectThat(one.nonce !== other.nonce, 'two challenges have the same nonce');
      return 'two nonces';
    },
  },
];

/** A 200 whose items are refused: it changes nothing, and its body is not empty. */
function authenticated(bmsc: BmscUnderTest): Promise<SignedExchange> {
  return bmsc.once('authenticated', async () => {
    const exchange = await bmsc.signed(bmsc.registration([bmsc.profile.services.unknown]));
    if (exchange.answer.status !== 200)
      throw new NotVisible(`the status is ${exchange.answer.status}, not 200`);
    return exchange;
  });
}

async function authenticationInfo(bmsc: BmscUnderTest): Promise<string> {
  const { answer } = await authenticated(bmsc);
  const text = answer.headers['authentication-info'];
  return visible(typeof text === 'string' ? text : undefined, 'there is no Authentication-Info');
}

/** One parameter of Authentication-Info, without quotes. */
function parameter(text: string, name: string): string | undefined {
  return new RegExp(`(?:^|[\\s,])${name}="?([^",]*)"?`, 'i').exec(text)?.[1];
}

/** Authentication-Info of a 200 (RFC 7616 §3.5). */
export const AUTHENTICATION_INFO: readonly BmscRequirement[] = [
  {
    // @clause TS 33.246 §6.3.2.2.1 s12
    id: 'info-present',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'The 200 has an Authentication-Info header.',
    level: 'shall',
    check: async (bmsc) => {
      const { answer } = await authenticated(bmsc);
      expectThat(answer.headers['authentication-info'] !== undefined, 'the 200 has no Authentication-Info');
      return 'it has one';
    },
  },
  {
    id: 'info-rspauth',
    clause: 'RFC 7616 §3.5',
    certainty: 'V',
    asked: 'rspauth proves that the BM-SC knows the MRK, and covers the body as sent.',
    level: 'shall',
    check: async (bmsc) => {
      const rspauth = parameter(await authenticationInfo(bmsc), 'rspauth');
      const { answer, authorization } = await authenticated(bmsc);
      const input = { authorization, password: bmsc.password, entityBody: answer.body };
      expectThat(rspauth !== undefined, 'there is no rspauth');
      expectThat(isSame(rspauth, digestResponse(input, '')), 'rspauth is wrong');
      return `right for ${answer.body.length} octets of body`;
    },
  },
  {
    id: 'info-cnonce',
    clause: 'RFC 7616 §3.5',
    certainty: 'V',
    asked: 'Authentication-Info repeats the cnonce of the request.',
    level: 'shall',
    check: async (bmsc) => {
      const { authorization } = await authenticated(bmsc);
      const cnonce = parameter(await authenticationInfo(bmsc), 'cnonce');
      expectThat(cnonce === authorization.cnonce, 'the cnonce is not that of the request');
      return 'it does';
    },
  },
  {
    id: 'info-nc',
    clause: 'RFC 7616 §3.5',
    certainty: 'V',
    asked: 'Authentication-Info repeats the nonce count of the request, in 8 digits.',
    level: 'shall',
    check: async (bmsc) => {
      const { authorization } = await authenticated(bmsc);
      const nc = parameter(await authenticationInfo(bmsc), 'nc');
      const own = authorization.nc.toString(16).padStart(8, '0');
      expectThat(nc === own, `nc is ${nc}, not ${own}`);
      return `nc ${nc}`;
    },
  },
  {
    id: 'info-qop',
    clause: 'RFC 7616 §3.5',
    certainty: 'V',
    asked: 'The qop of Authentication-Info is that of the request.',
    level: 'should',
    check: async (bmsc) => {
      const qop = parameter(await authenticationInfo(bmsc), 'qop');
      expectThat(qop === 'auth-int', `the qop is ${qop}`);
      return 'auth-int';
    },
  },
  {
    id: 'info-nextnonce',
    clause: 'RFC 7616 §3.5',
    certainty: 'V',
    asked: 'A nextnonce, where there is one, is good for the next request.',
    level: 'shall',
    check: async (bmsc) => {
      const nextnonce = nextNonceIn(await authenticationInfo(bmsc));
      const challenge = { ...(await bmsc.challenge()), nonce: visible(nextnonce, 'there is no nextnonce') };
      const parts = bmsc.registration([bmsc.profile.services.unknown]);
      const { answer } = await bmsc.signed(parts, { challenge });
      expectThat(answer.status === 200, `a request under nextnonce is answered with ${answer.status}`);
      return 'taken';
    },
  },
];

function nextNonceIn(text: string): string | undefined {
  try {
    return parseAuthenticationInfo(text).nextnonce;
  } catch (error) {
    if (error instanceof DigestError) return undefined;
    throw error;
  }
}
