import type { BsfFault, JudgedUb, UbAnswer } from './fault.ts';

const isAnswer = ({ kind, authorization }: JudgedUb) =>
  kind === 'answer' && authorization?.auts === undefined;

function refusal(status: number): UbAnswer {
  return { status, headers: {}, body: '' };
}

/** Whether nothing is wrong with an answer to a challenge but what is named. */
function isOwnBut(
  request: JudgedUb,
  but: 'isUserOwn' | 'isRealmOwn' | 'isUriOwn' | 'qop' | 'nonce',
): boolean {
  const { isUserOwn, isRealmOwn, isUriOwn, qop, nonce } = request;
  const wrong = { isUserOwn, isRealmOwn, isUriOwn, qop: qop === 'auth-int', nonce: nonce === 'waiting' };
  return Object.entries(wrong).every(([name, isRight]) => isRight === (name !== but));
}

/** Takes an answer that is right but for one thing. */
function takes(but: Parameters<typeof isOwnBut>[1], more: (request: JudgedUb) => boolean = () => true) {
  return {
    forgives: (request: JudgedUb) =>
      isAnswer(request) && request.isResponseRight && isOwnBut(request, but) && more(request),
  };
}

/** Changes a header of 200s. */
function withHeader(name: string, change: (value: string) => string | undefined): Pick<BsfFault, 'answer'> {
  return {
    answer: (answer) => {
      const { [name]: value, ...others } = answer.headers;
      if (answer.status !== 200 || value === undefined) return answer;
      const changed = change(value);
      return { ...answer, headers: changed === undefined ? others : { ...others, [name]: changed } };
    },
  };
}

/** Repeats the B-TID of the first 200. */
function repeatedBtid(): Pick<BsfFault, 'body'> {
  let first: string | undefined;
  return {
    body: (body) => {
      const [own = ''] = /<btid>.*<\/btid>/.exec(body) ?? [];
      first ??= own;
      return body.replace(own, first);
    },
  };
}

const CHALLENGES: readonly BsfFault[] = [
  {
    name: 'a name is answered with 403',
    rule: 'ub-challenge-status',
    answer: (answer, { kind, isUserOwn }) =>
      kind === 'identity' && isUserOwn ? { ...answer, status: 403 } : answer,
  },
  { name: 'a 401 without a challenge', rule: 'ub-challenge-aka', challenge: () => undefined },
  {
    name: 'plain Digest with MD5',
    rule: 'ub-challenge-aka',
    challenge: (header) => header.replace('AKAv1-MD5', 'MD5'),
  },
  {
    name: 'a nonce of RAND alone',
    rule: 'ub-challenge-nonce',
    challenge: (header) => header.replace(/nonce="([^"]{21})[^"]*"/, 'nonce="$1Q=="'),
  },
  {
    name: 'the realm of another host',
    rule: 'ub-challenge-realm',
    challenge: (header) => header.replace('bsf.home1.net', 'bsf.example.com'),
    ...takes('isRealmOwn', ({ authorization }) => authorization?.realm === 'bsf.example.com'),
  },
  {
    name: 'auth alone is offered',
    rule: 'ub-challenge-auth-int',
    challenge: (header) => header.replace('"auth-int"', '"auth"'),
  },
  {
    name: 'the qop without quotes',
    rule: 'ub-challenge-quoting',
    challenge: (header) => header.replace('qop="auth-int"', 'qop=auth-int'),
  },
  {
    name: 'the first challenge is stale',
    rule: 'ub-challenge-not-stale',
    challenge: (header, { kind }) => (kind === 'identity' ? `${header}, stale=true` : header),
  },
  {
    name: 'no product token for TMPI',
    rule: 'ub-server-token',
    answer: (answer) => ({ ...answer, headers: { ...answer.headers, server: 'bsf/1' } }),
  },
  { name: 'AUTN of another network', rule: 'ub-autn', vector: 'foreign' },
  { name: 'a RAND comes again', rule: 'ub-rand-new', vector: 'repeated' },
  { name: 'SQN goes back', rule: 'ub-sqn', vector: 'falling' },
  {
    name: 'an unknown identity ends in 500',
    rule: 'ub-unknown-identity',
    denies: ({ kind, isUserOwn }) => (kind === 'identity' && !isUserOwn ? refusal(500) : undefined),
  },
  {
    name: 'nobody is answered with 200',
    rule: 'ub-no-identity',
    denies: ({ kind }) => (kind === 'nothing' ? refusal(200) : undefined),
  },
];

const isWrong = (request: JudgedUb) => isAnswer(request) && !request.isResponseRight;

const ANSWERS: readonly BsfFault[] = [
  {
    name: 'the right RES is refused',
    rule: 'ub-accepted',
    denies: (request) => (isAnswer(request) ? refusal(403) : undefined),
  },
  {
    name: 'RES is not compared',
    rule: 'ub-wrong-res',
    forgives: (request) => isWrong(request) && !request.isResponseEmpty,
  },
  {
    name: 'an empty password is taken',
    rule: 'ub-empty-password',
    forgives: (request) => isWrong(request) && request.isResponseEmpty,
  },
  {
    name: 'credentials are taken twice',
    rule: 'ub-replay',
    ...takes('nonce', ({ nonce }) => nonce === 'used'),
  },
  {
    name: 'a challenge of anybody is taken',
    rule: 'ub-foreign-nonce',
    ...takes('nonce', ({ nonce }) => nonce === 'foreign'),
  },
  { name: 'the name in an answer is not looked at', rule: 'ub-other-user', ...takes('isUserOwn') },
  { name: 'the uri is not compared', rule: 'ub-uri', ...takes('isUriOwn') },
  { name: 'the realm is not compared', rule: 'ub-realm', ...takes('isRealmOwn') },
  { name: 'auth is taken in place of auth-int', rule: 'ub-qop', ...takes('qop') },
];

const INFOS: readonly BsfFault[] = [
  {
    name: 'no Authentication-Info',
    rule: 'ub-info-present',
    ...withHeader('authentication-info', () => undefined),
  },
  {
    name: 'rspauth is missing',
    rule: 'ub-info-rspauth',
    ...withHeader('authentication-info', (value) => value.replace(/rspauth="[^"]*"(, )?/, '')),
  },
  {
    name: 'rspauth does not cover the body',
    rule: 'ub-info-rspauth',
    answer: (answer) => (answer.status === 200 ? { ...answer, body: `${answer.body}\n` } : answer),
  },
  {
    name: 'another cnonce',
    rule: 'ub-info-cnonce',
    ...withHeader('authentication-info', (value) => value.replace(/cnonce="[^"]*"/, 'cnonce="x"')),
  },
  {
    name: 'another nonce count',
    rule: 'ub-info-nc',
    ...withHeader('authentication-info', (value) => value.replace('nc=00000001', 'nc=1')),
  },
  {
    name: 'another qop in Authentication-Info',
    rule: 'ub-info-qop',
    ...withHeader('authentication-info', (value) => value.replace('qop=auth-int', 'qop=auth')),
  },
  { name: 'text/xml', rule: 'ub-media-type', ...withHeader('content-type', () => 'text/xml') },
  {
    name: 'two lifetimes',
    rule: 'ub-document',
    body: (body) => body.replace(/(<lifetime>.*<\/lifetime>)/, '$1$1'),
  },
  {
    name: 'another namespace',
    rule: 'ub-document-namespace',
    body: (body) => body.replace('uri:3gpp-gba', 'urn:3gpp:gba'),
  },
  {
    name: 'a B-TID of a number',
    rule: 'ub-b-tid',
    body: (body) => body.replace(/<btid>.*@/, () => `<btid>${counted()}@`),
  },
  {
    name: 'a B-TID without a domain',
    rule: 'ub-b-tid-domain',
    body: (body) => body.replace('@bsf.home1.net', '@bsf'),
  },
  {
    name: 'the time of the end has no zone',
    rule: 'ub-lifetime-utc',
    body: (body) => body.replace('Z</lifetime>', '</lifetime>'),
  },
  {
    name: 'keys that are over',
    rule: 'ub-lifetime-ahead',
    body: (body) => body.replace(/<lifetime>\d{4}/, '<lifetime>2020'),
  },
];

let count = 0;
function counted(): number {
  count += 1;
  return count;
}

const RESYNCHRONISATIONS: readonly BsfFault[] = [
  {
    name: 'AUTS is answered with 403',
    rule: 'ub-auts-challenged',
    denies: ({ isAutsRight }) => (isAutsRight === true ? refusal(403) : undefined),
  },
  { name: 'the same challenge after AUTS', rule: 'ub-auts-new', ...sameChallenge() },
  {
    name: 'AUTS moves no SQN',
    rule: 'ub-auts-sqn',
    ignoresAuts: true,
  },
  {
    name: 'RES after AUTS is refused',
    rule: 'ub-auts-accepted',
    ...deafAfterAuts(),
  },
  {
    name: 'the MAC of AUTS is not checked',
    rule: 'ub-auts-forged',
    forgives: ({ isAutsRight }) => isAutsRight === false,
  },
];

/** Every wrong BSF; some have a state, so that each is for one run. */
export function bsfFaults(): readonly BsfFault[] {
  return [
    ...CHALLENGES,
    ...ANSWERS,
    ...INFOS,
    { name: 'the same B-TID for every run', rule: 'ub-b-tid-new', ...repeatedBtid() },
    ...RESYNCHRONISATIONS,
  ];
}

/** The first challenge after AUTS is the one that AUTS answers. */
function sameChallenge(): Pick<BsfFault, 'challenge'> {
  return {
    challenge: (header, { authorization }) =>
      authorization?.auts === undefined
        ? header
        : header.replace(/nonce="[^"]*"/, `nonce="${authorization.nonce}"`),
  };
}

/** Refuses the answer to the challenge after AUTS. */
function deafAfterAuts(): Pick<BsfFault, 'challenge' | 'denies'> {
  const nonces = new Set<string>();
  return {
    challenge: (header, { authorization }) => {
      const [, nonce = ''] = /nonce="([^"]*)"/.exec(header) ?? [];
      if (authorization?.auts !== undefined) nonces.add(nonce);
      return header;
    },
    denies: ({ authorization }) => (nonces.has(authorization?.nonce ?? '') ? refusal(403) : undefined),
  };
}
