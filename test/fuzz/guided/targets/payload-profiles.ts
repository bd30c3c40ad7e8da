import { PayloadError } from '../../../../lib/key-management/payload/errors.ts';
import {
  decodeMskRequest,
  decodeMskResponse,
  encodeMskRequest,
  encodeMskResponse,
} from '../../../../lib/key-management/payload/msk-request.ts';
import {
  PayloadProfileError,
  parsePayloadProfile,
} from '../../../../lib/key-management/payload/payload-profile.ts';
import {
  decodeDeregisterRequest,
  decodeRegisterRequest,
  decodeRegisterResponse,
  encodeRegisterRequest,
  encodeRegisterResponse,
} from '../../../../lib/key-management/payload/register.ts';
import { parseKeyDomainId } from '../../../../lib/keys/key-domain-id.ts';
import { mskId } from '../../../../lib/keys/msk-id.ts';
import { FOREIGN_PROFILE } from '../../../key-management/payload/foreign-profile.ts';
import { type FuzzTarget, octetsOf, textOf } from '../fuzz-target.ts';

const KEY = { keyDomainId: parseKeyDomainId('00f110'), mskId: mskId(1, 2) };
const INPUT = JSON.stringify({ ...FOREIGN_PROFILE, requestBody: 'xml', answerBody: 'xml' });
const FOREIGN = parsePayloadProfile(JSON.parse(INPUT));
const DECODERS = [
  decodeRegisterRequest,
  decodeDeregisterRequest,
  decodeMskRequest,
  decodeRegisterResponse,
  decodeMskResponse,
];

/** What stands between the profile and the document of an input. */
const SEPARATOR = '\0';

/**
 * A payload profile, and a document that is read by it. A mutated document is read by a profile that was not
 * mutated, too.
 */
export const target: FuzzTarget = {
  files: ['lib/key-management/payload/'],
  seeds: [
    encodeRegisterRequest(['urn:a', 'urn:b?x=1&y=2'], FOREIGN),
    encodeMskRequest([KEY, { ...KEY, mskId: mskId(2, 0) }], FOREIGN),
    encodeRegisterResponse([{ serviceId: 'urn:a', responseCode: 403 }], FOREIGN),
    encodeMskResponse([{ ...KEY, responseCode: 500 }], FOREIGN),
  ].map((xml) => octetsOf(`${INPUT}${SEPARATOR}${xml}`)),
  tokens: [
    ...['"item":"."', '"@domain"', '"keys/key"', '"."', '"qualified"', '"base64"', '"always"', '{}', '/@'],
    ...['<', '/>', '</', ' xmlns="urn:v"', ' xmlns:v="urn:v"', 'v:', '<key>', '</key>', ' domain="00f110"'],
    ...['&amp;', '&#x61;', '"', "'", '=', SEPARATOR, '<![CDATA[', ']]>', '__proto__', 'constructor'],
  ],
  run: (input) => {
    const [json = '', xml = ''] = textOf(input).split(SEPARATOR);
    const attempts = [
      () => readBy(parsePayloadProfile(JSON.parse(json)), xml),
      () => readBy(FOREIGN, xml),
    ].map(attempt);
    const [first] = attempts;
    if (attempts.every((error) => error !== undefined)) throw first;
  },
  isExpected,
};

function isExpected(error: unknown): boolean {
  const isPayload = error instanceof PayloadError || error instanceof PayloadProfileError;
  return isPayload || error instanceof SyntaxError;
}

/** Reads a document as each of the five. @throws the first error when none of them reads it */
function readBy(profile: typeof FOREIGN, xml: string): void {
  const body = octetsOf(profile.requestBody === 'base64' ? Buffer.from(xml).toString('base64') : xml);
  const errors = DECODERS.map((decode) => attempt(() => void decode(body, profile)));
  const [first] = errors;
  if (errors.every((error) => error !== undefined)) throw first;
}

function attempt(act: () => void): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    if (isExpected(error)) return error;
    throw error;
  }
}
