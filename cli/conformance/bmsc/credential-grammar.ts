import { expectThat, NotVisible, type Requirement } from '../requirement.ts';
import { harmless, refused } from './credentials.ts';
import type { BmscUnderTest } from './subject.ts';

type BmscRequirement = Requirement<BmscUnderTest>;

/** The grammar of credentials. */
export const CREDENTIAL_GRAMMAR: readonly BmscRequirement[] = [
  {
    // @clause RFC 9110 §11.2 s1
    id: 'auth-parameter-case',
    clause: 'RFC 9110 §11.2',
    certainty: 'V',
    asked: 'The names of the parameters are taken in any case.',
    level: 'shall',
    check: (bmsc) =>
      taken(bmsc, 'USERNAME and NC', (header) =>
        header.replace('username=', 'USERNAME=').replace(' nc=', ' NC='),
      ),
  },
  {
    // @clause RFC 9110 §5.6.4 s1
    id: 'auth-quoted-pair',
    clause: 'RFC 9110 §5.6.4',
    certainty: 'V',
    asked: 'A quoted character in a parameter (a backslash before it) stands for itself.',
    level: 'shall',
    check: (bmsc) =>
      taken(bmsc, 'a quoted character', (header) => header.replace('username="', 'username="\\')),
  },
  {
    // @clause RFC 7616 §3.4 s4
    id: 'auth-nc-form',
    clause: 'RFC 7616 §3.4',
    certainty: 'V',
    asked: 'A nonce count has 8 digits: another form is refused with 4xx.',
    level: 'shall',
    check: (bmsc) => refusedForm(bmsc, (header) => header.replace(/\bnc=0+/, 'nc=')),
  },
  {
    // @clause RFC 7616 §3.4 s3
    id: 'auth-cnonce',
    clause: 'RFC 7616 §3.4',
    certainty: 'V',
    asked: 'With a qop there must be a cnonce: credentials without it are refused with 4xx.',
    level: 'shall',
    check: (bmsc) => refusedForm(bmsc, (header) => header.replace(/, cnonce="[^"]*"/, '')),
  },
  {
    // @clause RFC 7616 §3.4 s2
    id: 'auth-algorithm',
    clause: 'RFC 7616 §3.4',
    certainty: 'V',
    asked: 'Credentials of an algorithm that was not offered are refused.',
    level: 'shall',
    check: async (bmsc) => {
      const answer = await bmsc.send(harmless(bmsc));
      const isOffered = /SHA-256/i.test(answer.headers['www-authenticate'] ?? '');
      if (isOffered) throw new NotVisible('the challenge offers both algorithms');
      const challenge = { ...(await bmsc.challenge()), algorithm: 'SHA-256' } as const;
      return `status ${(await refused(bmsc, { challenge })).status}`;
    },
  },
];

/** Sends credentials in another form that must be taken. */
async function taken(bmsc: BmscUnderTest, what: string, header: (header: string) => string): Promise<string> {
  await bmsc.accepted();
  const { answer } = await bmsc.signed(harmless(bmsc), { header });
  expectThat(answer.status === 200, `${what}: answered with ${answer.status}`);
  return `${what} taken`;
}

/** Sends malformed credentials. */
async function refusedForm(bmsc: BmscUnderTest, header: (header: string) => string): Promise<string> {
  const { status } = await refused(bmsc, { header });
  expectThat(status >= 400 && status < 500, `the status is ${status}`);
  return `status ${status}`;
}
