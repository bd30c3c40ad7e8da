import { digestResponse, isSame } from '../../../lib/http-digest/response.ts';
import { expectThat, type Requirement, visible } from '../requirement.ts';
import { documentOf } from './document.ts';
import type { BsfUnderTest } from './subject.ts';

type BsfRequirement = Requirement<BsfUnderTest>;

const MEDIA_TYPE = 'application/vnd.3gpp.bsf+xml';
const NAMESPACE = 'uri:3gpp-gba';
const FQDN = /^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;

async function authenticationInfo(bsf: BsfUnderTest): Promise<string> {
  const text = (await bsf.bootstrapped()).answer.headers['authentication-info'];
  return visible(typeof text === 'string' ? text : undefined, 'there is no Authentication-Info');
}

/** One parameter of Authentication-Info, without quotes. */
async function parameter(bsf: BsfUnderTest, name: string): Promise<string | undefined> {
  return new RegExp(`(?:^|[\\s,])${name}="?([^",]*)"?`, 'i').exec(await authenticationInfo(bsf))?.[1];
}

const AUTHENTICATION_INFO: readonly BsfRequirement[] = [
  {
    // @clause TS 24.109 annex A.3 s4
    id: 'ub-info-present',
    clause: 'TS 24.109 annex A.3',
    certainty: 'V',
    asked: 'The 200 has an Authentication-Info header.',
    level: 'shall',
    check: async (bsf) => {
      const { headers } = (await bsf.bootstrapped()).answer;
      expectThat(headers['authentication-info'] !== undefined, 'the 200 has no Authentication-Info');
      return 'it has one';
    },
  },
  {
    // @clause RFC 3310 §3.5 s1
    id: 'ub-info-rspauth',
    clause: 'RFC 3310 §3.5',
    certainty: 'V',
    asked: 'rspauth proves that the BSF knows RES, and covers B-TID and lifetime.',
    level: 'shall',
    check: async (bsf) => {
      const rspauth = await parameter(bsf, 'rspauth');
      const { answer, authorization, challenge } = await bsf.bootstrapped();
      const input = { authorization, password: bsf.read(challenge).res, entityBody: answer.body };
      expectThat(rspauth !== undefined, 'there is no rspauth');
      expectThat(isSame(rspauth, digestResponse(input, '')), 'rspauth is wrong');
      return `right for ${answer.body.length} octets of body`;
    },
  },
  {
    id: 'ub-info-cnonce',
    clause: 'RFC 7616 §3.5',
    certainty: 'V',
    asked: 'Authentication-Info repeats the cnonce of the request.',
    level: 'shall',
    check: async (bsf) => {
      const cnonce = await parameter(bsf, 'cnonce');
      expectThat(cnonce === (await bsf.bootstrapped()).authorization.cnonce, 'the cnonce is another');
      return 'it does';
    },
  },
  {
    id: 'ub-info-nc',
    clause: 'RFC 7616 §3.5',
    certainty: 'V',
    asked: 'Authentication-Info repeats the nonce count of the request, in 8 digits.',
    level: 'shall',
    check: async (bsf) => {
      const nc = await parameter(bsf, 'nc');
      expectThat(nc === '00000001', `nc is ${nc}, not 00000001`);
      return `nc ${nc}`;
    },
  },
  {
    id: 'ub-info-qop',
    clause: 'RFC 7616 §3.5',
    certainty: 'V',
    asked: 'The qop of Authentication-Info is that of the request.',
    level: 'should',
    check: async (bsf) => {
      const qop = await parameter(bsf, 'qop');
      expectThat(qop === 'auth-int', `the qop is ${qop}`);
      return 'auth-int';
    },
  },
];

/** The document of the run. @throws NotVisible without one */
async function document(bsf: BsfUnderTest) {
  return visible(documentOf((await bsf.bootstrapped()).answer), 'there is no BootstrappingInfo');
}

const DOCUMENT: readonly BsfRequirement[] = [
  {
    // @clause TS 24.109 annex A.3 s5
    id: 'ub-media-type',
    clause: 'TS 24.109 annex A.3',
    certainty: 'V',
    asked: 'The Content-Type of the 200 is application/vnd.3gpp.bsf+xml.',
    level: 'shall',
    check: async (bsf) => {
      const type = (await bsf.bootstrapped()).answer.headers['content-type'] ?? '';
      expectThat(type.split(';')[0]?.trim().toLowerCase() === MEDIA_TYPE, `it is "${type}"`);
      return type;
    },
  },
  {
    // @clause TS 24.109 annex C.1 s1
    id: 'ub-document',
    clause: 'TS 24.109 annex C.1',
    certainty: 'V',
    asked: 'The body is a BootstrappingInfo with one btid and one lifetime.',
    level: 'shall',
    check: async (bsf) => {
      const found = documentOf((await bsf.bootstrapped()).answer);
      expectThat(found !== undefined, 'it is no BootstrappingInfo');
      expectThat(
        found.btid !== undefined && found.lifetime !== undefined,
        'btid or lifetime is not there once',
      );
      return `${found.text.length} octets`;
    },
  },
  {
    // @clause TS 24.109 annex C.1 s1
    id: 'ub-document-namespace',
    clause: 'TS 24.109 annex C.1',
    certainty: 'V',
    asked: 'Its namespace is uri:3gpp-gba.',
    level: 'shall',
    check: async (bsf) => {
      const { namespace } = await document(bsf);
      expectThat(namespace === NAMESPACE, `it is ${namespace}`);
      return NAMESPACE;
    },
  },
  {
    // @clause TS 33.220 §4.5.2 s1
    id: 'ub-b-tid',
    clause: 'TS 33.220 §4.5.2',
    certainty: 'M-hi',
    asked: 'The B-TID is the Base64 of RAND, an @, and the name of the BSF.',
    level: 'shall',
    check: async (bsf) => {
      const { btid } = await document(bsf);
      const text = visible(btid, 'there is no B-TID');
      const rand = Buffer.from((await bsf.bootstrapped()).challenge.aka.rand).toString('base64');
      expectThat(text.startsWith(`${rand}@`), `it is ${text}, with RAND ${rand}`);
      return text;
    },
  },
  {
    // @clause TS 33.220 §4.5.2 s2
    id: 'ub-b-tid-domain',
    clause: 'TS 33.220 §4.5.2',
    certainty: 'M-hi',
    asked: 'The B-TID ends in a domain name, by which a NAF finds the BSF.',
    level: 'shall',
    check: async (bsf) => {
      const domain = visible((await document(bsf)).btid, 'there is no B-TID').split('@')[1] ?? '';
      expectThat(FQDN.test(domain), `it ends in "${domain}"`);
      return domain;
    },
  },
  {
    id: 'ub-b-tid-new',
    clause: 'TS 33.220 §4.5.2',
    certainty: 'D',
    asked: 'Each run gives a B-TID of its own.',
    level: 'shall',
    check: async (bsf) => {
      const one = visible((await document(bsf)).btid, 'there is no B-TID');
      const other = visible(documentOf((await bsf.answered()).answer)?.btid, 'a second run gives none');
      expectThat(one !== other, 'two runs give the same');
      return other;
    },
  },
  {
    // @clause TS 24.109 annex C.1 s2, s3
    id: 'ub-lifetime-utc',
    clause: 'TS 24.109 annex C.1',
    certainty: 'V',
    asked: 'lifetime is the time at which the keys end, in UTC, with a Z.',
    level: 'shall',
    check: async (bsf) => {
      const lifetime = visible((await document(bsf)).lifetime, 'there is no lifetime');
      const isUtc = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(lifetime);
      expectThat(isUtc && !Number.isNaN(Date.parse(lifetime)), `it is "${lifetime}"`);
      return lifetime;
    },
  },
  {
    id: 'ub-lifetime-ahead',
    clause: 'TS 24.109 annex C.1',
    certainty: 'D',
    asked: 'That time is ahead.',
    level: 'shall',
    check: async (bsf) => {
      const end = Date.parse(visible((await document(bsf)).lifetime, 'there is no lifetime'));
      visible(Number.isNaN(end) ? undefined : end, 'it is no time');
      const seconds = Math.round((end - Date.now()) / 1000);
      expectThat(seconds > 0, `it was ${-seconds} s ago`);
      return `in ${seconds} s`;
    },
  },
];

/** What a BSF gives a UE that it has authenticated (TS 24.109 annexes A.3, C.1). */
export const INFO: readonly BsfRequirement[] = [...AUTHENTICATION_INFO, ...DOCUMENT];
