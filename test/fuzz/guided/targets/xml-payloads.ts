import { PayloadError } from '../../../../lib/key-management/payload/errors.ts';
import {
  decodeMskRequest,
  decodeMskResponse,
  encodeMskRequest,
  encodeMskResponse,
} from '../../../../lib/key-management/payload/msk-request.ts';
import {
  decodeDeregisterRequest,
  decodeRegisterRequest,
  decodeRegisterResponse,
  encodeDeregisterRequest,
  encodeRegisterRequest,
  encodeRegisterResponse,
} from '../../../../lib/key-management/payload/register.ts';
import { parseKeyDomainId } from '../../../../lib/keys/key-domain-id.ts';
import { mskId } from '../../../../lib/keys/msk-id.ts';
import { type FuzzTarget, octetsOf } from '../fuzz-target.ts';

const KEY = { keyDomainId: parseKeyDomainId('00f110'), mskId: mskId(1, 2) };
const DECODERS = [
  decodeRegisterRequest,
  decodeDeregisterRequest,
  decodeMskRequest,
  decodeRegisterResponse,
  decodeMskResponse,
];

/**
 * The XML of every payload, in both directions. Mutates the document and encodes it in Base64 afterwards.
 */
export const target: FuzzTarget = {
  files: ['lib/key-management/payload/'],
  seeds: [
    encodeRegisterRequest(['urn:a', 'urn:b?x=1&y=2']),
    encodeDeregisterRequest(['urn:a']),
    encodeMskRequest([KEY, { ...KEY, mskId: mskId(2, 0) }]),
    encodeRegisterResponse([{ serviceId: 'urn:a', responseCode: 403 }]),
    encodeMskResponse([{ ...KEY, responseCode: 404 }]),
  ].map((body) => Uint8Array.from(Buffer.from(body, 'base64'))),
  tokens: [
    ...[
      '<',
      '>',
      '/>',
      '</',
      '&',
      '&amp;',
      '&#0;',
      '&#x110000;',
      '&lol;',
      ';',
      '"',
      "'",
      '=',
      ' ',
      '\0',
      '\ufeff',
    ],
    ...[
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?xml version="1.0"?>',
      '<?',
      '?>',
      '<!DOCTYPE a [<!ENTITY b "c">]>',
    ],
    ...[
      '<__proto__>',
      '</__proto__>',
      '<constructor/>',
      '<a:b xmlns:a="c">',
      '</a:b>',
      '<MSK>',
      '</MSK>',
      'xmlns:v=',
    ],
    ...[
      '<Response/>',
      '1e400',
      '0x10',
      '-0',
      'true',
      'null',
      '#text',
      '🦊',
      'encoding="UTF-16"',
      'standalone="no"',
      ' xmlns="urn:v"',
      ' xmlns:v=""',
      '<v:serviceID>',
      '&#x61;',
      '\xff\xfe',
      '\xfe\xff',
    ],
  ],
  run: (input) => {
    const bodies = [input, octetsOf(Buffer.from(input).toString('base64'))];
    const errors = bodies.flatMap((body) => DECODERS.map((decode) => attempt(() => void decode(body))));
    const first = errors.find((error) => error !== undefined);
    if (errors.every((error) => error !== undefined)) throw first;
  },
  isExpected: (error) => error instanceof PayloadError,
};

function attempt(decode: () => void): PayloadError | undefined {
  try {
    decode();
    return undefined;
  } catch (error) {
    if (error instanceof PayloadError) return error;
    throw error;
  }
}
