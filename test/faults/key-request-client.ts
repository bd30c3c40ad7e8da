import { randomBytes } from 'node:crypto';
import { requestOfEvent } from '../../lib/front-door/index.ts';
import { digestPasswordOf } from '../../lib/gba/mbms-keys.ts';
import { authorize, formatAuthorization, parseChallenges } from '../../lib/http-digest/index.ts';
import type { KeyRequestContext } from '../../lib/key-management/context.ts';
import { handleKeyRequest } from '../../lib/key-management/key-request.ts';
import { NonceSecrets } from '../../lib/key-management/nonce-secrets.ts';
import { DEFAULT_PAYLOAD_PROFILE } from '../../lib/key-management/payload/payload-profile.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import type { BootstrappedKeys } from '../../lib/store/association/association.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';

/** A payload of TS 26.237 and how it is sent. */
export interface KeyRequestPayload {
  readonly requestType: 'register' | 'deregister' | 'msk-request';
  readonly body: string;
}

/** Octets as they were on the way, which anybody may send again. */
export interface CapturedRequest {
  readonly payload: KeyRequestPayload;
  readonly authorization: string | undefined;
}

const PATH = '/keymanagement';

/** The Key Request function's own handler, on a table. */
export function keyRequestContext(store: KeyStore, nafFqdn: string): KeyRequestContext {
  const secrets = { current: new SecretKey(randomBytes(32)), previous: undefined };
  const source = { read: async () => secrets, onFailedRead: () => undefined };
  return {
    settings: {
      nafFqdn,
      path: PATH,
      qop: ['auth-int'],
      algorithms: ['MD5'],
      nonceLifetimeMs: 300_000,
      payloadProfile: DEFAULT_PAYLOAD_PROFILE,
      uePort: 2269,
      lifetimeWithoutExpiryMs: 3_600_000,
      mrkRule: 'ks-ext-naf',
    },
    keySources: {},
    store,
    nonceSecrets: new NonceSecrets(source, secrets, Date.now()),
    publish: async () => {},
    now: () => Date.now(),
    randomOctets: (length) => randomBytes(length),
  };
}

/** Sends a request from an address. */
export function sendCaptured(
  context: KeyRequestContext,
  { payload, authorization }: CapturedRequest,
  sourceIp: string,
) {
  const { requestType, body } = payload;
  return handleKeyRequest(
    context,
    requestOfEvent({
      version: '2.0',
      rawPath: PATH,
      rawQueryString: `requesttype=${requestType}`,
      headers: {
        'content-type': `application/mbms-${requestType}+xml`,
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: Buffer.from(body).toString('base64'),
      isBase64Encoded: true,
      requestContext: { requestId: 'r', http: { method: 'POST', sourceIp } },
    }),
  );
}

/** Gets a nonce and authenticates a request with the keys of a UE. */
export async function authenticatedRequest(
  context: KeyRequestContext,
  { btid, mrk }: Pick<BootstrappedKeys, 'btid' | 'mrk'>,
  payload: KeyRequestPayload,
): Promise<CapturedRequest> {
  const { response } = await sendCaptured(context, { payload, authorization: undefined }, '192.0.2.7');
  const [challenge] = parseChallenges(response.headers['www-authenticate'] ?? '');
  if (challenge === undefined) throw new Error('the request was not challenged');
  const authorization = authorize({
    challenge,
    username: btid,
    password: digestPasswordOf(mrk),
    method: 'POST',
    uri: `${PATH}?requesttype=${payload.requestType}`,
    entityBody: Buffer.from(payload.body),
    cnonce: randomBytes(8).toString('hex'),
    nc: 1,
  });
  return { payload, authorization: formatAuthorization(authorization) };
}
