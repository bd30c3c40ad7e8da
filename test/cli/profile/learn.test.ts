import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCapture } from '../../../cli/profile/captured-document.ts';
import { checkDocument } from '../../../cli/profile/check.ts';
import { learnProfile } from '../../../cli/profile/learn.ts';
import {
  decodeMskRequest,
  decodeMskResponse,
  encodeMskRequest,
  encodeMskResponse,
} from '../../../lib/key-management/payload/msk-request.ts';
import {
  DEFAULT_PAYLOAD_PROFILE,
  type DocumentName,
  type PayloadProfile,
  type PayloadProfileInput,
  parsePayloadProfile,
} from '../../../lib/key-management/payload/payload-profile.ts';
import {
  decodeDeregisterRequest,
  decodeDeregisterResponse,
  decodeRegisterRequest,
  decodeRegisterResponse,
  encodeDeregisterRequest,
  encodeDeregisterResponse,
  encodeRegisterRequest,
  encodeRegisterResponse,
} from '../../../lib/key-management/payload/register.ts';
import { keyDomainIdFromOctets, parseKeyDomainId } from '../../../lib/keys/key-domain-id.ts';
import { mskId } from '../../../lib/keys/msk-id.ts';
import { anyProfile } from '../../key-management/payload/any-profile.ts';
import { FOREIGN_PROFILE } from '../../key-management/payload/foreign-profile.ts';

const octets = (text: string) => Buffer.from(text, 'utf8');
const key = (group: number) => ({ keyDomainId: parseKeyDomainId('00f110'), mskId: mskId(group, 0) });

/** A request as a followed TCP stream has it. */
function requestOf(profile: PayloadProfile, name: 'register' | 'deregister' | 'mskRequest', body: string) {
  const { requestType, mediaType } = profile[name];
  return (
    `POST /keymanagement?requesttype=${requestType}&mikey-port=2269 HTTP/1.1\r\nHost: bmsc.home1.net\r\n` +
    `content-type: ${mediaType}; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

function responseOf(mediaType: string, body: string) {
  return `HTTP/1.1 200 OK\r\nContent-Type: ${mediaType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** What is learnt from bodies alone or HTTP messages. */
function learn(
  captures: readonly (string | Uint8Array)[],
  as?: DocumentName,
  base: PayloadProfileInput = {},
) {
  const documents = captures.flatMap((capture, index) => {
    const name = `capture ${index + 1}`;
    const { documents, unreadable } = readCapture(
      name,
      octets(String(capture)),
      parsePayloadProfile(base),
      as,
    );
    expect(unreadable).toEqual([]);
    return documents;
  });
  return learnProfile(documents, base);
}

const memberOf = ({ findings }: ReturnType<typeof learn>, member: string) =>
  findings.find((finding) => finding.member === member);

const keys = fc.uniqueArray(
  fc.record({
    keyDomainId: fc.uint8Array({ minLength: 3, maxLength: 3 }).map(keyDomainIdFromOctets),
    mskId: fc
      .tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0xffff }))
      .map(([group, number]) => mskId(group, number)),
  }),
  { minLength: 1, maxLength: 5, selector: (each) => JSON.stringify(each) },
);
const services = fc.uniqueArray(fc.webUrl(), { minLength: 1, maxLength: 5 });

describe('what any profile makes is learnt to one that decodes it', () => {
  test('requests with their HTTP headers', () => {
    fc.assert(
      fc.property(anyProfile, services, keys, (input, serviceIds, ids) => {
        const from = parsePayloadProfile(input);
        const bodies = {
          register: encodeRegisterRequest(serviceIds, from),
          deregister: encodeDeregisterRequest(serviceIds, from),
          mskRequest: encodeMskRequest(ids, from),
        };
        const capture = (['register', 'deregister', 'mskRequest'] as const)
          .map((name) => requestOf(from, name, bodies[name]))
          .join('');
        const { profile, undecoded } = learn([capture]);
        expect(undecoded).toEqual([]);
        expect(decodeRegisterRequest(octets(bodies.register), profile)).toEqual(serviceIds);
        expect(decodeDeregisterRequest(octets(bodies.deregister), profile)).toEqual(serviceIds);
        expect(decodeMskRequest(octets(bodies.mskRequest), profile)).toEqual(ids);
        for (const name of ['register', 'deregister', 'mskRequest'] as const) {
          expect(profile[name].requestType).toBe(from[name].requestType);
          expect(profile[name].mediaType).toBe(from[name].mediaType);
          expect(profile[name].root).toBe(from[name].root);
          expect(profile[name].namespace).toBe(from[name].namespace);
        }
      }),
    );
  });

  test('bodies alone, when it is said what they are', () => {
    fc.assert(
      fc.property(anyProfile, services, keys, (input, serviceIds, ids) => {
        const from = parsePayloadProfile(input);
        const registration = encodeRegisterRequest(serviceIds, from);
        const one = learn([registration], 'register');
        expect(decodeRegisterRequest(octets(registration), one.profile)).toEqual(serviceIds);
        const request = encodeMskRequest(ids, from);
        const both = learn([request], 'mskRequest', one.input);
        expect(decodeMskRequest(octets(request), both.profile)).toEqual(ids);
      }),
    );
  });

  test('answers with codes of three digits', () => {
    fc.assert(
      fc.property(anyProfile, services, keys, (input, serviceIds, ids) => {
        const from = parsePayloadProfile({ ...input, responseCodes: {} });
        const items = serviceIds.map((serviceId, index) => ({ serviceId, responseCode: index ? 403 : 200 }));
        const msks = ids.map((each) => ({ ...each, responseCode: 404 }));
        const bodies = [
          encodeRegisterResponse(items, from),
          encodeDeregisterResponse(items, from),
          encodeMskResponse(msks, from),
        ] as const;
        const requests = [
          requestOf(from, 'register', encodeRegisterRequest(serviceIds, from)),
          requestOf(from, 'deregister', encodeDeregisterRequest(serviceIds, from)),
          requestOf(from, 'mskRequest', encodeMskRequest(ids, from)),
        ];
        const exchanges = bodies.map((body, index) => `${requests[index]}${responseOf('text/xml', body)}`);
        const { profile } = learn(exchanges);
        expect(decodeRegisterResponse(octets(bodies[0]), profile)).toEqual(items);
        expect(decodeDeregisterResponse(octets(bodies[1]), profile)).toEqual(items);
        expect(decodeMskResponse(octets(bodies[2]), profile)).toEqual(msks);
      }),
      { numRuns: 50 },
    );
  });
});

test('what the default profile makes teaches nothing', () => {
  const { input, findings } = learn([
    encodeRegisterRequest(['urn:a:b', 'urn:a:c']),
    encodeDeregisterRequest(['urn:a:b']),
    encodeMskRequest([key(1), key(2)]),
    encodeMskResponse([{ ...key(1), responseCode: 403 }]),
  ]);
  expect(input).toEqual({});
  expect(findings.filter(({ kind }) => kind === 'guessed' || kind === 'contradiction')).toEqual([]);
});

test('a foreign profile is learnt back from its requests', () => {
  const from = parsePayloadProfile(FOREIGN_PROFILE);
  const capture =
    requestOf(from, 'register', encodeRegisterRequest(['urn:a:b', 'urn:a:c'], from)) +
    requestOf(from, 'deregister', encodeDeregisterRequest(['urn:a:b'], from)) +
    requestOf(from, 'mskRequest', encodeMskRequest([key(1), key(2)], from));
  const { input } = learn([capture]);
  const { register, deregister, mskRequest, elements, identifiers } = FOREIGN_PROFILE;
  // Of one service it can't be seen which element repeats; either decodes it.
  expect(input).toEqual({ register, deregister, mskRequest, elements, identifiers });
});

describe('it is said', () => {
  test('what is a guess: a body alone, and an element that may repeat', () => {
    const learnt = learn(['<join><list><uri>urn:a:b</uri></list></join>']);
    expect(memberOf(learnt, 'register.root')).toMatchObject({ kind: 'guessed', value: 'join' });
    expect(memberOf(learnt, 'register.item')).toMatchObject({ kind: 'guessed', value: 'list/uri' });
    expect(memberOf(learnt, 'requestBody')).toMatchObject({ kind: 'guessed', value: 'xml' });
    expect(memberOf(learnt, 'register.requestType, register.mediaType')).toMatchObject({
      kind: 'not learnt',
    });
    expect(
      checkDocument({ ...captured('<join><list><uri>urn:a:b</uri></list></join>') }, learnt.profile),
    ).toEqual({
      kind: 'decoded',
      name: 'register',
      items: ['urn:a:b'],
    });
  });

  test('what other captures made certain', () => {
    const one = '<join><list><uri>urn:a:b</uri></list></join>';
    const two = '<join><list><uri>urn:a:b</uri></list><list><uri>urn:a:c</uri></list></join>';
    const learnt = learn([one, two], 'register');
    expect(memberOf(learnt, 'register.item')).toMatchObject({ kind: 'recognised', value: 'list' });
    expect(learnt.undecoded).toEqual([]);
  });

  test('which captures contradict each other', () => {
    const learnt = learn(['<join><s>urn:a:b</s></join>', '<join2><s>urn:a:b</s></join2>'], 'register');
    expect(learnt.findings).toContainEqual({
      kind: 'contradiction',
      member: 'register.root',
      value: 'join2',
      source: 'capture 2',
      why: 'capture 1 has join, which is kept',
    });
    expect(learnt.undecoded).toEqual([{ source: 'capture 2', reason: expect.stringContaining('join2') }]);
  });

  test('what it could not find', () => {
    const shared = '<r><domain>APEQ</domain><msk>AAEAAA==</msk><msk>AAIAAA==</msk></r>';
    const learnt = learn([shared], 'mskRequest');
    expect(memberOf(learnt, 'mskRequest.item')).toMatchObject({
      kind: 'not learnt',
      why: 'no pairs of Key Domain ID and MSK ID were found in items of their own',
    });
    expect(learnt.undecoded).toHaveLength(1);
  });

  test('that names for codes are to be set by hand', () => {
    const learnt = learn(['<a><s><u>urn:a:b</u><c>DENIED</c></s></a>'], 'registerResponse');
    expect(memberOf(learnt, 'responseCodes')).toMatchObject({ kind: 'not learnt' });
    expect(memberOf(learnt, 'registerResponse.responseCode')).toMatchObject({ value: 'c' });
  });
});

test('keys are told from other values by their names and by what a PLMN is', () => {
  const xml =
    '<r><k type="main" v="true"><mskIdentifier>AAEAAA==</mskIdentifier><x>APEQ</x><nonce>AAAAAA==</nonce></k></r>';
  const { profile } = learn([xml], 'mskRequest');
  expect(profile.mskRequest).toMatchObject({ keyDomainId: { text: 'x' }, mskId: { text: 'mskIdentifier' } });
});

test('vendors’ elements of other namespaces are passed over', () => {
  const xml =
    '<r xmlns="urn:r" xmlns:v="urn:v"><v:x><k><d>APEQ</d><m>AAEAAA==</m></k></v:x><k><d>APEQ</d><m>AAIAAA==</m></k></r>';
  const { profile } = learn([xml], 'mskRequest');
  expect(profile.mskRequest.item.text).toBe('k');
});

test('a 401 and its repetition are one request', () => {
  const request = requestOf(DEFAULT_PAYLOAD_PROFILE, 'mskRequest', encodeMskRequest([key(1)]));
  const challenge = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\nno\n';
  expect(learn([`${request}${challenge}${request}HTTP/1.1 200 OK\r\n\r\n`]).input).toEqual({});
});

test('a body in chunks is put together', () => {
  const body = encodeMskRequest([key(1)]);
  const head = `POST /k?requesttype=msk-request HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  const capture = `${head}${chunk(body.slice(0, 10))}${chunk(body.slice(10))}0\r\n\r\n`;
  const { documents } = readCapture('c', octets(capture), DEFAULT_PAYLOAD_PROFILE);
  expect(documents.map((each) => Buffer.from(each.message.body).toString())).toEqual([body]);
});

test.each([
  ['headers that do not end', 'POST / HTTP/1.1\r\nHost: x'],
  ['a body that is cut off', 'POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc'],
  ['a chunk that is cut off', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz'],
  ['something else between two', 'POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\nGARBAGE'],
])('a capture with %s is refused', (_, capture) => {
  expect(() => readCapture('c', octets(capture), DEFAULT_PAYLOAD_PROFILE)).toThrow(/capture/);
});

function captured(xml: string) {
  const [document] = readCapture('c', octets(xml), DEFAULT_PAYLOAD_PROFILE).documents;
  if (document === undefined) throw new Error('no document');
  return document;
}
