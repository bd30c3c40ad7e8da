import {
  parseApplicationKeyRequest,
  parseApplicationKeyResponse,
} from '../../../../lib/naanf-akma/application-key.ts';
import { NaanfError } from '../../../../lib/naanf-akma/errors.ts';
import {
  encodeBootstrappingInfoResponse,
  parseBootstrappingInfoRequest,
  parseBootstrappingInfoResponse,
} from '../../../../lib/nbsp-gba/bootstrapping-info.ts';
import { NbspError } from '../../../../lib/nbsp-gba/errors.ts';
import { parseProblemDetails } from '../../../../lib/nbsp-gba/problem-details.ts';
import { type FuzzTarget, octetsOf } from '../fuzz-target.ts';

const KEY = 'ab'.repeat(32);
const isExpected = (error: unknown) => error instanceof NbspError || error instanceof NaanfError;

/** A BSF, an AAnF or a NAF sends a body; keys that are taken can be sent on. */
export const target: FuzzTarget = {
  files: ['lib/nbsp-gba/', 'lib/naanf-akma/', 'lib/sbi-json/'],
  seeds: [
    `{"meKeyMaterial":"${KEY}","uiccKeyMaterial":"${KEY}","keyExpiryTime":"2026-11-27T00:00:00Z","gbaType":"3G_GBA"}`,
    `{"meKeyMaterial":"${KEY}","impi":"a@b","ussList":[{"uss":{"gsId":4,"gsType":4,"ueIds":[{"ueId":"a"}]}}]}`,
    '{"btId":"a@b","nafId":{"nafFqdn":"b","uaSecProtId":"0100000001"},"gsIds":[4]}',
    `{"kaf":"${KEY}","expiry":"2026-11-27T00:00:00+01:00","supi":"imsi-1"}`,
    '{"afId":"b0100000001","aKId":"a@b"}',
    '{"status":404,"title":"a","cause":"b"}',
  ].map(octetsOf),
  tokens: [
    '"keyChoice":"UICC_BASED_KEY"',
    '"flags":[{"flag":1}]',
    '-0',
    '1e309',
    '"__proto__":',
    '\\u0000',
    KEY,
  ],
  run: (input) => {
    const errors: unknown[] = [];
    for (const parse of PARSERS) {
      try {
        parse(input);
      } catch (error) {
        if (!isExpected(error)) throw error;
        errors.push(error);
      }
    }
    if (errors.length === PARSERS.length) throw errors[0];
  },
  isExpected,
};

const PARSERS: readonly ((body: Uint8Array) => unknown)[] = [
  (body) => encodeBootstrappingInfoResponse(parseBootstrappingInfoResponse(body)),
  parseBootstrappingInfoRequest,
  parseApplicationKeyRequest,
  parseApplicationKeyResponse,
  parseProblemDetails,
];
