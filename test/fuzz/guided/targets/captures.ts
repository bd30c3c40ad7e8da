import { CliError } from '../../../../cli/errors.ts';
import { readCapture } from '../../../../cli/profile/captured-document.ts';
import { checkAnyDocument } from '../../../../cli/profile/check.ts';
import { learnProfile } from '../../../../cli/profile/learn.ts';
import { encodeMskRequest } from '../../../../lib/key-management/payload/msk-request.ts';
import {
  DEFAULT_PAYLOAD_PROFILE,
  parsePayloadProfile,
} from '../../../../lib/key-management/payload/payload-profile.ts';
import { encodeRegisterRequest } from '../../../../lib/key-management/payload/register.ts';
import { parseKeyDomainId } from '../../../../lib/keys/key-domain-id.ts';
import { mskId } from '../../../../lib/keys/msk-id.ts';
import { FOREIGN_PROFILE } from '../../../key-management/payload/foreign-profile.ts';
import { type FuzzTarget, octetsOf } from '../fuzz-target.ts';

const KEYS = [1, 2].map((group) => ({ keyDomainId: parseKeyDomainId('00f110'), mskId: mskId(group, 0) }));
const FOREIGN = parsePayloadProfile({ ...FOREIGN_PROFILE, requestBody: 'xml' });

function requestOf(requestType: string, body: string): string {
  const headers = `Content-Type: text/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return `POST /k?requesttype=${requestType} HTTP/1.1\r\n${headers}${body}`;
}

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const ANSWER = '<a><s><u>urn:a:b</u><c>200</c></s></a>';

/** Captures that anybody may hand to a person: what is learnt from one decodes it, or it is said that not. */
export const target: FuzzTarget = {
  files: ['cli/profile/'],
  seeds: [
    encodeMskRequest(KEYS),
    encodeMskRequest(KEYS, FOREIGN),
    requestOf('msk-request', encodeMskRequest(KEYS, FOREIGN)),
    `${requestOf('join', encodeRegisterRequest(['urn:a:b'], FOREIGN))}${CHUNKED}26\r\n${ANSWER}\r\n0\r\n\r\n`,
    '<keys><domain>APEQ</domain><msk>AAEAAA==</msk></keys>',
  ].map(octetsOf),
  tokens: [
    ...['POST / HTTP/1.1\r\n', 'HTTP/1.1 200 OK\r\n', 'Content-Length: 5\r\n', '\r\n\r\n', '0\r\n', '\n'],
    ...[
      'requesttype=',
      '<Response>',
      '</Response>',
      '<x:y xmlns:x="urn:x">',
      ' a="APEQ"',
      '00f110',
      'AAEAAA==',
    ],
    ...['<', '/>', '>', 'urn:a:b', '200', 'deregister', '__proto__', '"', '&amp;', '%'],
  ],
  run: (input) => {
    const { documents, unreadable } = readCapture('c', input, DEFAULT_PAYLOAD_PROFILE);
    const { profile, undecoded } = learnProfile(documents, {});
    for (const document of documents) checkAnyDocument(document, profile);
    if (documents.length === 0 || unreadable.length > 0 || undecoded.length > 0)
      throw new CliError('not everything was learnt');
  },
  isExpected: (error) => error instanceof CliError,
};
