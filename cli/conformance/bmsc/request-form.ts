import { setTimeout as delay } from 'node:timers/promises';
import { encodeBody } from '../../../lib/key-management/payload/body.ts';
import { expectThat, NotVisible, type Requirement } from '../requirement.ts';
import type { BmscUnderTest, CredentialChanges, RequestParts } from './subject.ts';

type BmscRequirement = Requirement<BmscUnderTest>;

/** Sends an authenticated request that must be taken. */
async function taken(bmsc: BmscUnderTest, changes: Partial<RequestParts>): Promise<string> {
  await bmsc.accepted();
  const { answer } = await bmsc.signed({ ...plain(bmsc), ...changes });
  if (answer.status === 401) throw new NotVisible('the request is not authenticated');
  expectThat(answer.status === 200, `the status is ${answer.status}`);
  return 'status 200';
}

/** Sends an authenticated request that must be refused as malformed. */
async function refused(
  bmsc: BmscUnderTest,
  changes: Partial<RequestParts>,
  credentials: CredentialChanges = {},
): Promise<string> {
  await bmsc.accepted();
  const { answer } = await bmsc.signed({ ...plain(bmsc), ...changes }, credentials);
  if (answer.status === 401) throw new NotVisible('the request is not authenticated');
  expectThat(answer.status >= 400 && answer.status < 500, `the status is ${answer.status}`);
  return `status ${answer.status}`;
}

function plain(bmsc: BmscUnderTest): RequestParts {
  return bmsc.registration([bmsc.profile.services.unknown]);
}

/** A document that would take a gigabyte if its entities were replaced. */
const ENTITIES = Array.from({ length: 9 }, (_, at) => {
  const inner = at === 0 ? 'x'.repeat(10) : `&e${at - 1};`.repeat(10);
  return `<!ENTITY e${at} "${inner}">`;
});
const EXPANDING = `<?xml version="1.0"?><!DOCTYPE r [${ENTITIES.join('')}]><r>&e8;</r>`;

const HOSTILE: readonly BmscRequirement[] = [
  {
    id: 'form-entities',
    clause: 'TS 33.246 §G.2.3',
    certainty: 'D',
    asked: 'A document whose entities expand without end is refused, and quickly.',
    level: 'shall',
    only: 'hostile',
    check: async (bmsc) => {
      const before = Date.now();
      const seen = await refused(bmsc, { body: encodeBody(EXPANDING, bmsc.payloadProfile, 'requestBody') });
      expectThat(Date.now() - before < 3000, 'the answer took more than 3 s');
      return seen;
    },
  },
  {
    id: 'form-size',
    clause: 'TS 33.246 §G.2.3',
    certainty: 'D',
    asked: 'A body of a megabyte is refused.',
    level: 'shall',
    only: 'hostile',
    check: (bmsc) => refused(bmsc, { body: 'A'.repeat(1_000_000) }),
  },
  {
    id: 'form-load',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'D',
    asked: 'A hundred requests at once are all answered with 200.',
    level: 'should',
    only: 'load',
    check: async (bmsc) => {
      const requests = Array.from({ length: 100 }, async (_, at) => {
        await delay(at);
        return (await bmsc.signed(plain(bmsc))).answer.status;
      });
      const failed = (await Promise.all(requests)).filter((status) => status !== 200);
      expectThat(
        failed.length === 0,
        `${failed.length} of 100 are answered otherwise: ${failed.slice(0, 5)}`,
      );
      return '100 times 200';
    },
  },
];

/** The form of requests (TS 33.246 §G.2.3). */
export const REQUEST_FORM: readonly BmscRequirement[] = [
  {
    // @clause TS 33.246 §G.2.3 s7
    id: 'form-parameters',
    clause: 'TS 33.246 §G.2.3',
    certainty: 'V',
    asked: 'The UE may add URI parameters to the Request-URI.',
    level: 'shall',
    check: (bmsc) => taken(bmsc, { parameters: 'x-more=1&x-empty=' }),
  },
  {
    // @clause TS 33.246 §G.2.3 s11
    id: 'form-headers',
    clause: 'TS 33.246 §G.2.3',
    certainty: 'V',
    asked: 'The UE may add HTTP headers to the request.',
    level: 'shall',
    check: (bmsc) => taken(bmsc, { headers: { 'x-more': 'a, b' } }),
  },
  {
    id: 'form-media-type-parameter',
    clause: 'RFC 9110 §8.3.1',
    certainty: 'V',
    asked: 'A parameter of the media type, such as its charset, is taken.',
    level: 'should',
    check: (bmsc) => taken(bmsc, { contentType: `${plain(bmsc).contentType}; charset=utf-8` }),
  },
  {
    // @clause TS 33.246 §G.2.3 s2
    id: 'form-requesttype',
    clause: 'TS 33.246 §G.2.3',
    certainty: 'D',
    asked: 'The Request-URI says what is asked: an unknown requesttype is refused with 4xx.',
    level: 'shall',
    check: (bmsc) => refused(bmsc, { requestType: 'x-none' }),
  },
  {
    id: 'form-method',
    clause: 'TS 33.246 §G.2.3',
    certainty: 'V',
    asked: 'Requests are POST: another method is refused with 4xx.',
    level: 'shall',
    check: (bmsc) => refused(bmsc, { method: 'GET', body: '' }),
  },
  {
    // @clause TS 33.246 §G.2.3 s8
    id: 'form-media-type',
    clause: 'TS 33.246 §G.2.3',
    certainty: 'D',
    asked: 'Content-Type is the media type of the payload: another one is refused with 4xx.',
    level: 'shall',
    check: (bmsc) => refused(bmsc, { contentType: 'text/plain' }),
  },
  {
    // @clause TS 33.246 §G.2.3 s12
    id: 'form-base64',
    clause: 'TS 33.246 §G.2.3',
    certainty: 'V',
    asked: 'The BM-SC checks the POST: a payload that is no Base64 is refused with 4xx.',
    level: 'shall',
    check: (bmsc) => refused(bmsc, { body: '%%%%' }),
  },
  {
    // @clause TS 33.246 §G.2.3 s12
    id: 'form-xml',
    clause: 'TS 33.246 §G.2.3',
    certainty: 'V',
    asked: 'A payload that is no well-formed XML is refused with 4xx.',
    level: 'shall',
    check: (bmsc) => refused(bmsc, { body: encodeBody('<open>', bmsc.payloadProfile, 'requestBody') }),
  },
  {
    id: 'form-empty',
    clause: 'TS 33.246 §6.3.2.2.1',
    certainty: 'V',
    asked: 'The request lists what the UE needs: one without a payload is refused with 4xx.',
    level: 'shall',
    check: (bmsc) => refused(bmsc, { body: '' }),
  },
  ...HOSTILE,
];
