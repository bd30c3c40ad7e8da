import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { kAfOf, kAkmaOf } from '../../lib/gba/akma.ts';
import { GSID_MBMS } from '../../lib/gba/gsid.ts';
import {
  APPLICATION_KEY_PATH,
  encodeApplicationKeyResponse,
  parseApplicationKeyRequest,
} from '../../lib/naanf-akma/application-key.ts';
import { NaanfError } from '../../lib/naanf-akma/errors.ts';
import {
  BOOTSTRAPPING_INFO_PATH,
  type BootstrappingInfoResponse,
  encodeBootstrappingInfoResponse,
  parseBootstrappingInfoRequest,
} from '../../lib/nbsp-gba/bootstrapping-info.ts';
import { NbspError } from '../../lib/nbsp-gba/errors.ts';
import { encodeProblemDetails, PROBLEM_TYPE } from '../../lib/nbsp-gba/problem-details.ts';
import type { BsfSessions, NafAnswer } from './sessions.ts';
import type { Subscriber } from './subscribers.ts';

/** Octets of a request's body at most. */
const MAX_BODY = 65_536;

/** An AF_ID in text: FQDN and 10 hexadecimal digits of the Ua* security protocol identifier. */
const AF_ID = /^[A-Za-z0-9.-]{1,253}[A-Fa-f0-9]{10}$/;

interface SbiAnswer {
  readonly status: number;
  readonly type?: string;
  readonly body?: Uint8Array;
}

/** What a BSF and an AAnF answer over HTTP/2: Nbsp_GBA (TS 29.309) and Naanf_AKMA (TS 29.535). */
export class SbiServices {
  readonly #sessions: BsfSessions;
  readonly #akma: ReadonlyMap<string, NonNullable<Subscriber['akma']>>;
  readonly #lifetimeMs: () => number;
  readonly #now: () => number;

  constructor(options: {
    readonly sessions: BsfSessions;
    readonly subscribers: readonly Subscriber[];
    readonly lifetimeMs: () => number;
    readonly now: () => number;
  }) {
    const { subscribers } = options;
    this.#sessions = options.sessions;
    this.#akma = new Map(subscribers.flatMap(({ akma }) => (akma === undefined ? [] : [[akma.akid, akma]])));
    this.#lifetimeMs = options.lifetimeMs;
    this.#now = options.now;
  }

  /** A stream listener of node:http2. */
  readonly listener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    const chunks: Buffer[] = [];
    let length = 0;
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BODY) chunks.push(chunk);
    });
    stream.on('end', () => {
      const body = Buffer.concat(chunks);
      const answer = length > MAX_BODY ? problem(413) : this.#answer(headers, body);
      if (stream.destroyed) return;
      stream.respond({ ':status': answer.status, ...(answer.type && { 'content-type': answer.type }) });
      stream.end(answer.body);
    });
  };

  #answer(headers: IncomingHttpHeaders, body: Uint8Array): SbiAnswer {
    const path = headers[':path'];
    if (path !== BOOTSTRAPPING_INFO_PATH && path !== APPLICATION_KEY_PATH) return problem(404);
    if (headers[':method'] !== 'POST') return problem(405);
    if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) return problem(415);
    try {
      return path === BOOTSTRAPPING_INFO_PATH ? this.#bootstrappingInfo(body) : this.#applicationKey(body);
    } catch (error) {
      if (error instanceof NbspError || error instanceof NaanfError) return problem(400, error.message);
      throw error;
    }
  }

  #bootstrappingInfo(body: Uint8Array): SbiAnswer {
    const { btId, nafFqdn, uaSecProtId, gbaUAware, gsIds = [] } = parseBootstrappingInfoRequest(body);
    const nafId = Buffer.concat([Buffer.from(nafFqdn), Buffer.from(uaSecProtId, 'hex')]);
    const verdict = this.#sessions.ask({ btid: btId, nafFqdn, nafId, isGbaUAware: gbaUAware });
    if (verdict.kind !== 'found') return problem(verdict.kind === 'unknown' ? 404 : 403);
    return json(encodeBootstrappingInfoResponse(responseOf(verdict.answer, gsIds)));
  }

  /** An A-KID that the AAnF does not know has no content (TS 29.535). */
  #applicationKey(body: Uint8Array): SbiAnswer {
    const { afId, aKId, anonInd } = parseApplicationKeyRequest(body);
    if (!AF_ID.test(afId)) return problem(400, 'wrong or missing: afId');
    const akma = this.#akma.get(aKId);
    if (akma === undefined) return { status: 204 };
    const octets = Buffer.concat([Buffer.from(afId.slice(0, -10)), Buffer.from(afId.slice(-10), 'hex')]);
    const { supi } = akma;
    return json(
      encodeApplicationKeyResponse({
        kaf: kAfOf(kAkmaOf(akma), octets),
        expiry: this.#now() + this.#lifetimeMs(),
        supi: anonInd ? undefined : /^\d+$/.test(supi) ? `imsi-${supi}` : `nai-${supi}`,
      }),
    );
  }
}

function responseOf(answer: NafAnswer, gsIds: readonly number[]): BootstrappingInfoResponse {
  const { session, meKeyMaterial, uiccKeyMaterial } = answer;
  const { impi, keyChoice } = session.subscriber;
  const uss = { gsId: GSID_MBMS, gsType: GSID_MBMS, ueIds: [{ ueId: impi }], keyChoice };
  return {
    meKeyMaterial,
    ...(uiccKeyMaterial === undefined ? {} : { uiccKeyMaterial }),
    keyExpiryTime: session.expiresAt,
    bootstrappingInfoCreationTime: session.bootstrappedAt,
    ...(keyChoice !== undefined && gsIds.includes(GSID_MBMS) ? { ussList: [{ uss }] } : {}),
    gbaType: '3G_GBA',
    impi,
  };
}

function json(body: Uint8Array): SbiAnswer {
  return { status: 200, type: 'application/json', body };
}

function problem(status: number, detail?: string): SbiAnswer {
  const body = encodeProblemDetails({ status, ...(detail === undefined ? {} : { detail }) });
  return { status, type: PROBLEM_TYPE, body };
}
