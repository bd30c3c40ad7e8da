import {
  authorize,
  type DigestAuthorization,
  type DigestQop,
  formatAuthenticationInfo,
  formatAuthorization,
} from '../../lib/http-digest/index.ts';
import { encodeMskRequest, encodeMskResponse } from '../../lib/key-management/payload/msk-request.ts';
import { mskId, parseKeyDomainId } from '../../lib/keys/index.ts';
import type { Test, TestGroup, VectorFile } from './data-set.ts';
import { digestSteps } from './digest-steps.ts';
import { B_TID, DIGEST_PASSWORD, NAF_FQDN } from './test-keys.ts';

const REALM = `3GPP-bootstrapping@${NAF_FQDN}`;
const NONCE = 'AZqwAAAAAAECAwQFBgcICQoLDA0ODxAAAAAAAAAAAAAAAAAAAAA';
const CNONCE = '000102030405060708090a0b0c0d0e0f';
const URI = '/keymanagement?requesttype=msk-request';
const KEY = { keyDomainId: parseKeyDomainId('00f110'), mskId: mskId(1, 0) };
const REQUEST = encodeMskRequest([KEY]);
const RESPONSE = encodeMskResponse([{ ...KEY, responseCode: 200 }]);

/** The server knows the password of the B-TID; the request came for this method and this target. */
const SERVER = { username: B_TID, realm: REALM, password: DIGEST_PASSWORD, nonce: NONCE };

interface Exchange {
  readonly algorithm: 'MD5' | 'SHA-256';
  readonly qop: DigestQop;
  readonly nc: number;
  readonly requestBody: string;
  readonly responseBody: string;
  readonly opaque?: string;
  readonly method: string;
  readonly uri: string;
}

const EXCHANGE: Exchange = {
  algorithm: 'MD5',
  qop: 'auth-int',
  nc: 1,
  requestBody: REQUEST,
  responseBody: RESPONSE,
  method: 'POST',
  uri: URI,
};

function exchange(edit: Partial<Exchange> = {}) {
  const all = { ...EXCHANGE, ...edit };
  const { algorithm, qop, nc, requestBody, responseBody, method, uri, opaque } = all;
  const challenge = {
    ...SERVER,
    qop: ['auth-int', 'auth'] as const,
    algorithm,
    stale: false,
    ...(opaque === undefined ? {} : { opaque }),
  };
  const entityBody = Buffer.from(requestBody, 'latin1');
  const authorization = authorize({
    challenge,
    username: B_TID,
    password: DIGEST_PASSWORD,
    method,
    uri,
    entityBody,
    cnonce: CNONCE,
    nc,
    qop,
  });
  const info = formatAuthenticationInfo({
    authorization,
    password: DIGEST_PASSWORD,
    entityBody: Buffer.from(responseBody, 'latin1'),
  });
  return {
    authorization,
    header: formatAuthorization(authorization),
    info,
    members: { method, uri, requestBody, responseBody },
  };
}

function stepsOf({ algorithm, qop, nc, cnonce, response }: DigestAuthorization) {
  return { algorithm, qop, nc: nc.toString(16).padStart(8, '0'), cnonce, response };
}

function good(comment: string, edit: Partial<Exchange> = {}): Test {
  const { authorization, header, info, members } = exchange(edit);
  return {
    comment,
    ...{ result: 'valid', flags: ['Canonical'] as const, ...members },
    ...{ authorization: header, ...stepsOf(authorization), authenticationInfo: info },
    intermediate: digestSteps({
      authorization,
      algorithm: authorization.algorithm,
      password: DIGEST_PASSWORD,
      method: members.method,
      requestBody: Buffer.from(members.requestBody, 'latin1'),
      responseBody: Buffer.from(members.responseBody, 'latin1'),
    }),
  };
}

interface Received {
  readonly authorization: string;
  readonly method: string;
  readonly uri: string;
  readonly requestBody: string;
}

function bad(comment: string, flag: string, edit: Partial<Received>): Test {
  const { header, members } = exchange();
  const { responseBody: _, ...received } = members;
  return { comment, result: 'invalid', flags: [flag], ...received, authorization: header, ...edit };
}

function badHeaders(): Test[] {
  const { header } = exchange();
  const swap = (from: string | RegExp, to: string) => ({ authorization: header.replace(from, to) });
  return [
    bad(
      'a response of another password',
      'WrongResponse',
      swap(/response="./, header.includes('response="0') ? 'response="1' : 'response="0'),
    ),
    bad('a response in capitals', 'BadHeader', {
      authorization: header.replace(
        /response="([^"]*)"/,
        (_, digits) => `response="${digits.toUpperCase()}"`,
      ),
    }),
    bad('a response of 31 digits', 'BadHeader', swap(/response="./, 'response="')),
    bad('another username', 'WrongResponse', swap(/username="./, 'username="X')),
    bad('another realm', 'WrongResponse', swap(`@${NAF_FQDN}`, '@other.home1.net')),
    bad('another nonce', 'WrongResponse', swap('nonce="A', 'nonce="B')),
    bad('another cnonce', 'WrongResponse', swap('cnonce="0', 'cnonce="1')),
    bad('another nonce count', 'WrongResponse', swap('nc=00000001', 'nc=00000002')),
    bad('nc of 7 digits', 'BadHeader', swap('nc=00000001', 'nc=0000001')),
    bad('nc 0', 'BadHeader', swap('nc=00000001', 'nc=00000000')),
    bad('nc with a sign', 'BadHeader', swap('nc=00000001', 'nc=+0000001')),
    bad('qop auth in place of auth-int', 'WrongResponse', swap('qop=auth-int', 'qop=auth')),
    bad('no qop: nothing would stop a replay', 'BadHeader', swap(', qop=auth-int', '')),
    bad('an unknown qop', 'BadHeader', swap('qop=auth-int', 'qop=auth-conf')),
    bad('an unknown algorithm', 'BadHeader', swap('algorithm=MD5', 'algorithm=MD4')),
    bad('SHA-256 with a response of MD5', 'BadHeader', swap('algorithm=MD5', 'algorithm=SHA-256')),
    ...['username', 'realm', 'nonce', 'uri', 'response', 'cnonce', 'nc'].map((name) =>
      bad(`no ${name}`, 'BadHeader', swap(new RegExp(`(^Digest |, )${name}=("[^"]*"|[^,]*)(, )?`), '$1')),
    ),
    bad('the nonce twice', 'BadHeader', { authorization: `${header}, nonce="${NONCE}"` }),
    bad('a quote that does not end', 'BadHeader', { authorization: `${header}, opaque="x` }),
    bad('no comma', 'BadHeader', swap(', realm', ' realm')),
    bad('Basic in place of Digest', 'BadHeader', { authorization: 'Basic dXNlcjpwYXNz' }),
    bad('a token68', 'BadHeader', { authorization: 'Digest dXNlcjpwYXNz' }),
    bad('no parameters', 'BadHeader', { authorization: 'Digest' }),
    bad('nothing', 'BadHeader', { authorization: '' }),
  ];
}

/** HTTP Digest between a UE and a BM-SC, judged by the BM-SC; `rspauth` of its answer besides. */
export function httpDigestFile(): VectorFile {
  const algorithms = ['MD5', 'SHA-256'] as const;
  const qops = ['auth-int', 'auth'] as const;
  const { header } = exchange();
  const tests = [
    ...algorithms.flatMap((algorithm) =>
      qops.map((qop) => good(`${algorithm}, ${qop}, an MSK request`, { algorithm, qop })),
    ),
    ...algorithms.flatMap((algorithm) =>
      qops.map((qop) =>
        good(`${algorithm}, ${qop}, no bodies`, { algorithm, qop, requestBody: '', responseBody: '' }),
      ),
    ),
    good('the highest nonce count', { nc: 0xffff_ffff }),
    good('an opaque that has a quote and a backslash', { opaque: 'a"b\\c' }),
    good('bodies with every octet', { requestBody: everyOctet(), responseBody: everyOctet() }),
    good('another method and target', { method: 'GET', uri: '/', requestBody: '' }),
    {
      ...bad('parameters in another order, and blanks', 'Order', { authorization: reordered(header) }),
      result: 'valid',
    } as Test,
    {
      ...bad('names of parameters in capitals', 'Order', {
        authorization: header.replace('username', 'USERNAME').replace('qop', 'QOP'),
      }),
      result: 'valid',
    } as Test,
    bad('the body was changed', 'WrongResponse', { requestBody: REQUEST.replace(/^./, 'Q') }),
    bad('the body was lost', 'WrongResponse', { requestBody: '' }),
    bad('a line break behind the body', 'WrongResponse', { requestBody: `${REQUEST}\n` }),
    bad('another method', 'WrongResponse', { method: 'PUT' }),
    bad('another target', 'WrongResponse', { uri: '/keymanagement?requesttype=register' }),
    ...badHeaders(),
    {
      comment: 'the credentials of the first test cut to every shorter length',
      result: 'invalid',
      flags: ['Truncated'],
      rule: { of: 1, member: 'authorization', truncateTo: { from: 0, to: header.length - 1 } },
    } as Test,
  ];
  const source = [
    'RFC 7616 §3.4, §3.5',
    'RFC 2617 §3.2.2',
    'RFC 9110 §11',
    'TS 24.109 §5.2',
    'TS 33.246 §6.2.1',
  ];
  const group: TestGroup = { type: 'HttpDigest', source, server: SERVER, tests };
  return { title: 'HTTP Digest with bodies; a character of a body is an octet', testGroups: [group] };
}

function everyOctet(): string {
  return String.fromCharCode(...Array.from({ length: 256 }, (_, index) => index));
}

function reordered(header: string): string {
  const params = header.slice('Digest '.length).split(', ');
  return `Digest ${params.reverse().join(' ,\t')}`;
}
