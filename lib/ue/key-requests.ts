import { PayloadError } from '../key-management/payload/errors.ts';
import {
  decodeMskResponse,
  encodeMskRequest,
  type KeyIdentification,
} from '../key-management/payload/msk-request.ts';
import {
  DEFAULT_PAYLOAD_PROFILE,
  type PayloadProfile,
  type REQUEST_DOCUMENTS,
} from '../key-management/payload/payload-profile.ts';
import {
  decodeDeregisterResponse,
  decodeRegisterResponse,
  encodeDeregisterRequest,
  encodeRegisterRequest,
} from '../key-management/payload/register.ts';
import { formatMskId } from '../keys/msk-id.ts';
import type { DigestClient } from './digest-client.ts';
import { UeError } from './errors.ts';
import type { HttpAnswer } from './http-post.ts';

/** The BM-SC's response code for one User Service; 200 means granted. */
export interface ServiceAnswer {
  readonly serviceId: string;
  readonly responseCode: number;
}

/** The BM-SC's response code for one MSK; 200 means that the MSK comes over UDP. */
export type MskAnswer = KeyIdentification & { readonly responseCode: number };

/** The procedures of a UE with the Key Request function (TS 33.246 §6.3.2.1A, §6.3.2.1B, §6.3.2.2). */
export interface KeyRequests {
  /** @throws UeError */
  readonly register: (serviceIds: readonly string[]) => Promise<ServiceAnswer[]>;
  /** @throws UeError */
  readonly deregister: (serviceIds: readonly string[]) => Promise<ServiceAnswer[]>;
  /** @throws UeError */
  readonly requestMsks: (keys: readonly KeyIdentification[]) => Promise<MskAnswer[]>;
}

/**
 * Sends requests to the key management URI. Adds `parameters` to each Request-URI (TS 33.246 §G.2.3), such as
 * the UE's UDP port. Payloads are as the profile says.
 */
export function createKeyRequests(
  client: Pick<DigestClient, 'post'>,
  keyManagementUrl: URL,
  parameters: Readonly<Record<string, string>> = {},
  profile: PayloadProfile = DEFAULT_PAYLOAD_PROFILE,
): KeyRequests {
  const post = async (request: (typeof REQUEST_DOCUMENTS)[number], body: string) => {
    const { requestType, mediaType } = profile[request];
    const url = new URL(keyManagementUrl);
    for (const [name, value] of Object.entries({ requesttype: requestType, ...parameters })) {
      url.searchParams.append(name, value);
    }
    const answer = await client.post(url, mediaType, body);
    if (answer.status === 200) return answer;
    const reason = Buffer.from(answer.body).toString('utf8').trim();
    throw new UeError('refused', `the BM-SC answered ${answer.status}: ${reason}`, { status: answer.status });
  };
  const serviceAnswers = (
    serviceIds: readonly string[],
    { body }: HttpAnswer,
    decode: typeof decodeRegisterResponse,
  ): ServiceAnswer[] =>
    body.length === 0
      ? serviceIds.map((serviceId) => ({ serviceId, responseCode: 200 }))
      : matched(serviceIds, decoded(decode, body, profile), String, ({ serviceId }) => serviceId);

  return {
    register: async (serviceIds) => {
      const answer = await post('register', encodeRegisterRequest(serviceIds, profile));
      return serviceAnswers(serviceIds, answer, decodeRegisterResponse);
    },
    deregister: async (serviceIds) => {
      const answer = await post('deregister', encodeDeregisterRequest(serviceIds, profile));
      return serviceAnswers(serviceIds, answer, decodeDeregisterResponse);
    },
    requestMsks: async (keys) => {
      const { body } = await post('mskRequest', encodeMskRequest(keys, profile));
      if (body.length === 0) return keys.map((key) => ({ ...key, responseCode: 200 }));
      return matched(keys, decoded(decodeMskResponse, body, profile), nameOfKey, nameOfKey);
    },
  };
}

function decoded<T>(
  decode: (body: Uint8Array, profile: PayloadProfile) => T,
  body: Uint8Array,
  profile: PayloadProfile,
): T {
  try {
    return decode(body, profile);
  } catch (cause) {
    if (!(cause instanceof PayloadError)) throw cause;
    throw new UeError('bad-answer', `the BM-SC's answer is malformed: ${cause.message}`, {
      cause,
      status: 200,
    });
  }
}

/** The answers in the order of the request's items. @throws UeError `bad-answer` when one is missing */
function matched<Requested, Answer>(
  requested: readonly Requested[],
  answers: readonly Answer[],
  nameOfRequested: (requested: Requested) => string,
  nameOfAnswer: (answer: Answer) => string,
): Answer[] {
  const byName = new Map(answers.map((answer) => [nameOfAnswer(answer), answer]));
  return requested.map((each) => {
    const answer = byName.get(nameOfRequested(each));
    if (answer === undefined)
      throw new UeError('bad-answer', `the BM-SC's answer lacks ${nameOfRequested(each)}`, { status: 200 });
    return answer;
  });
}

function nameOfKey({ keyDomainId, mskId }: KeyIdentification): string {
  return `${keyDomainId}/${formatMskId(mskId)}`;
}
