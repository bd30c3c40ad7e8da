import { randomBytes } from 'node:crypto';
import type { OutgoingEvent } from '../../lib/events/envelope.ts';
import { requestOfEvent } from '../../lib/front-door/index.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { digestPasswordOf, mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { authorize, formatAuthorization, parseChallenges } from '../../lib/http-digest/index.ts';
import type { KeyRequestContext } from '../../lib/key-management/context.ts';
import { handleKeyRequest } from '../../lib/key-management/key-request.ts';
import { NonceSecrets } from '../../lib/key-management/nonce-secrets.ts';
import { DEFAULT_PAYLOAD_PROFILE } from '../../lib/key-management/payload/payload-profile.ts';
import { keyDomainIdOfPlmn } from '../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import type { TestTable } from '../store/table.ts';

export const NOW = Date.UTC(2026, 10, 23);
export const DOMAIN = keyDomainIdOfPlmn({ mcc: '001', mnc: '01' });
export const SERVICE = 'urn:example:news';
export const OTHER_SERVICE = 'urn:example:sport';
export const IMPI = parseImpi('001010123456789@home1.net');
export const BTID = btidOf({ rand: Buffer.alloc(16, 7), bsfName: 'bsf.home1.net' });
const KEYS = mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(Buffer.alloc(32, 9)) });

const NONCE_SECRETS = { current: new SecretKey(Buffer.alloc(32, 1)), previous: undefined };

/** A BM-SC on a table, with a stopped clock, and the events that it has published. */
export function createBmsc(store: TestTable, payloadProfile = DEFAULT_PAYLOAD_PROFILE) {
  const events: OutgoingEvent[] = [];
  const context: KeyRequestContext = {
    settings: {
      nafFqdn: 'bmsc.home1.net',
      path: '/keymanagement',
      qop: ['auth-int'],
      algorithms: ['MD5'],
      nonceLifetimeMs: 300_000,
      payloadProfile,
      uePort: 2269,
      lifetimeWithoutExpiryMs: 3_600_000,
      mrkRule: 'ks-ext-naf',
    },
    keySources: {},
    store,
    nonceSecrets: new NonceSecrets(
      { read: async () => NONCE_SECRETS, onFailedRead: () => undefined },
      NONCE_SECRETS,
      NOW,
    ),
    publish: async (more) => void events.push(...more),
    now: () => NOW,
    randomOctets: (length) => randomBytes(length),
  };
  return { context, events };
}

/** Two services with a Key Group each; the subscriber has the first only. */
export async function provision(store: TestTable): Promise<void> {
  for (const [keyGroup, serviceId] of [SERVICE, OTHER_SERVICE].entries()) {
    await putUserService(store, { serviceId, keyGroups: [{ keyDomainId: DOMAIN, keyGroup: keyGroup + 1 }] });
    const msk = new SecretKey(randomBytes(16));
    await putMsk(
      store,
      { keyDomainId: DOMAIN, keyGroup: keyGroup + 1 },
      { keyNumber: 5, msk, validity: FULL_VALIDITY },
    );
  }
  await putSubscription(store, IMPI, SERVICE);
  const bootstrappedAt = NOW - 1000;
  await putAssociation(store, {
    btid: BTID,
    impi: IMPI,
    gbaType: 'GBA_ME',
    ...KEYS,
    bootstrappedAt,
    expiresAt: NOW + 3_600_000,
  });
}

/** What a test may change about a request. */
export interface RequestOptions {
  readonly requestType: string;
  readonly contentType: string;
  readonly body: string;
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly nonce?: string;
  readonly nc?: number;
  readonly qop?: 'auth' | 'auth-int';
  readonly algorithm?: 'MD5' | 'SHA-256';
  readonly password?: string;
  readonly username?: string;
  readonly realm?: string;
  readonly uri?: string;
  readonly authorization?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** The peer that the gateway saw. */
  readonly sourceIp?: string;
}

/** Sends a request, authenticated unless `authorization` says otherwise. */
export async function send(context: KeyRequestContext, options: RequestOptions) {
  const { requestType, contentType, body, method = 'POST', path = '/keymanagement' } = options;
  const query = options.query ?? `requesttype=${requestType}`;
  const authorization =
    options.authorization === undefined
      ? await credentials(context, options, method, `${path}?${query}`)
      : options.authorization;
  return handleKeyRequest(
    context,
    requestOfEvent({
      version: '2.0',
      rawPath: path,
      rawQueryString: query,
      headers: {
        ...options.headers,
        'content-type': contentType,
        ...(authorization === null ? {} : { authorization }),
      },
      body: Buffer.from(body).toString('base64'),
      isBase64Encoded: true,
      requestContext: { requestId: 'r', http: { method, sourceIp: options.sourceIp ?? '192.0.2.7' } },
    }),
  );
}

/** A fresh nonce from the challenge of a 401. */
export async function freshNonce(
  context: KeyRequestContext,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { response } = await send(context, {
    requestType: 'register',
    contentType: 'application/mbms-register+xml',
    body: '',
    authorization: null,
    headers,
  });
  return parseChallenges(response.headers['www-authenticate'] ?? '')[0]?.nonce ?? '';
}

/** The Authorization header for a request as `options` say. */
export async function credentials(
  context: KeyRequestContext,
  options: RequestOptions,
  method: string,
  target: string,
) {
  const {
    nonce = await freshNonce(context, options.headers),
    nc = 1,
    qop = 'auth-int',
    password = digestPasswordOf(KEYS.mrk),
    username = BTID,
    body,
  } = options;
  const challenge = {
    realm: options.realm ?? '3GPP-bootstrapping@bmsc.home1.net',
    nonce,
    qop: [qop],
    algorithm: options.algorithm ?? 'MD5',
    stale: false,
  } as const;
  const input = {
    challenge,
    username,
    password,
    method,
    uri: options.uri ?? target,
    entityBody: Buffer.from(body),
    cnonce: 'abc',
    nc,
  };
  return formatAuthorization(authorize(input));
}
