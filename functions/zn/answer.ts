import {
  type BootstrappingInfo,
  type BootstrappingInfoAnswer,
  EXPERIMENTAL_RESULT_CODE,
  is3gppResult,
} from '../../lib/diameter/index.ts';
import { GbaError } from '../../lib/gba/errors.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import {
  type BootstrappingInfoRequest,
  type BootstrappingInfoResponse,
  encodeBootstrappingInfoResponse,
  parseBootstrappingInfoRequest,
  parseBootstrappingInfoResponse,
} from '../../lib/nbsp-gba/bootstrapping-info.ts';
import { NbspError } from '../../lib/nbsp-gba/errors.ts';
import { encodeProblemDetails, PROBLEM_TYPE } from '../../lib/nbsp-gba/problem-details.ts';
import type { KeyLookUp } from '../../lib/zn/client.ts';
import { ZnError, type ZnErrorCode } from '../../lib/zn/errors.ts';
import type { ZnResult } from '../metric-names.ts';

/** An answer of the resource. */
export interface NbspAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** For metrics. */
  readonly result: ZnResult;
  /** For the log; holds neither keys nor identifiers. */
  readonly detail?: string;
}

/** When a NAF may ask again, in s, by why there is no answer. */
const RETRY_AFTER_S: Readonly<Record<ZnErrorCode, number>> = {
  'no-peer': 5,
  busy: 1,
  'peer-down': 2,
  timeout: 2,
  'bad-answer': 10,
  undeliverable: 5,
  closed: 1,
};

/**
 * Answers a request for keys of Nbsp_GBA (TS 29.309) by what a BSF answers over Zn: 200 with the keys, 403
 * for DIAMETER_ERROR_NOT_AUTHORIZED, 404 for DIAMETER_ERROR_TRANSACTION_IDENTIFIER_INVALID, 400 for a body
 * that can't be read, and 503 with Retry-After for all else. Throws nothing for what a BSF or a NAF does.
 */
export async function answerRequest(
  body: Uint8Array,
  lookUp: (wanted: KeyLookUp) => Promise<BootstrappingInfoAnswer>,
): Promise<NbspAnswer> {
  try {
    const wanted = keyLookUpOf(parseBootstrappingInfoRequest(body));
    return answerOf(await lookUp(wanted));
  } catch (error) {
    if (error instanceof NbspError)
      return problem(400, 'Bad Request', 'bad-request', { detail: error.message });
    if (error instanceof ZnError) return unavailable(error.code, error.message);
    throw error;
  }
}

/** An answer without keys. */
export function problem(
  status: number,
  title: string,
  result: ZnResult,
  {
    detail,
    cause,
    headers = {},
  }: { readonly detail?: string; readonly cause?: string; readonly headers?: Record<string, string> } = {},
): NbspAnswer {
  return {
    status,
    headers: { ...headers, 'content-type': PROBLEM_TYPE },
    body: encodeProblemDetails({ status, title, ...(cause === undefined ? {} : { cause }) }),
    result,
    ...(detail === undefined ? {} : { detail }),
  };
}

function keyLookUpOf({
  btId,
  nafFqdn,
  uaSecProtId,
  gbaUAware,
  gsIds = [],
}: BootstrappingInfoRequest): KeyLookUp {
  return {
    bTid: btId,
    nafId: Buffer.concat([Buffer.from(nafFqdn), Buffer.from(uaSecProtId, 'hex')]),
    isGbaUAware: gbaUAware,
    gsIds,
  };
}

function answerOf(answer: BootstrappingInfoAnswer): NbspAnswer {
  if (answer.kind === 'found') return found(answer.info);
  const { result } = answer;
  if (is3gppResult(result, EXPERIMENTAL_RESULT_CODE.NOT_AUTHORIZED))
    return problem(403, 'Not authorized', 'not-authorized');
  if (is3gppResult(result, EXPERIMENTAL_RESULT_CODE.TRANSACTION_IDENTIFIER_INVALID))
    return problem(404, 'Unknown or expired B-TID', 'unknown');
  return unavailable('refused', `${result.kind} result ${result.code}`);
}

/** What Nbsp_GBA can't carry is an answer that can't be read: it is checked by the parser of a NAF. */
function found(info: BootstrappingInfo): NbspAnswer {
  try {
    const body = encodeBootstrappingInfoResponse(responseOf(info));
    parseBootstrappingInfoResponse(body);
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
    return { status: 200, headers, body, result: 'found' };
  } catch (error) {
    if (error instanceof NbspError || error instanceof GbaError)
      return unavailable('bad-answer', error.message);
    throw error;
  }
}

function responseOf(info: BootstrappingInfo): BootstrappingInfoResponse {
  const { impi, meKeyMaterial, uiccKeyMaterial, expiresAt, bootstrappedAt, gbaType, userSecuritySettings } =
    info;
  return {
    meKeyMaterial,
    uiccKeyMaterial,
    keyExpiryTime: expiresAt,
    bootstrappingInfoCreationTime: bootstrappedAt,
    impi: impi === undefined ? undefined : parseImpi(impi),
    gbaType,
    ussList:
      userSecuritySettings.length === 0
        ? undefined
        : userSecuritySettings.map(({ gsId, gsType, nafGroup, ueIds, keyChoice }) => ({
            // Nbsp_GBA demands an identity where the XML may have none: the subscriber's own stands in.
            uss: {
              gsId,
              gsType,
              nafGroup,
              ueIds: (ueIds.length === 0 ? [impi ?? ''] : ueIds).map((ueId) => ({ ueId })),
              keyChoice,
            },
          })),
  };
}

function unavailable(result: 'refused' | ZnErrorCode, detail: string): NbspAnswer {
  const seconds = result === 'refused' ? 10 : RETRY_AFTER_S[result];
  const headers = { 'retry-after': String(seconds) };
  return problem(503, 'The BSF can not be asked now', result, { detail, headers });
}
