import {
  bootstrappingInfoAnswer,
  bootstrappingInfoAvps,
  bootstrappingInfoHeader,
  decodeMessage,
  encodeMessage,
  readBootstrappingInfoAnswer,
  readBootstrappingInfoRequest,
} from '../../lib/diameter/index.ts';
import { parseImpi } from '../../lib/gba/index.ts';
import {
  formatAuthenticationInfo,
  formatAuthorization,
  isResponseCorrect,
  parseAuthorization,
} from '../../lib/http-digest/index.ts';
import {
  decodeMskRequest,
  decodeMskResponse,
  encodeMskRequest,
  encodeMskResponse,
  type KeyIdentification,
  type MskResponse,
} from '../../lib/key-management/payload/msk-request.ts';
import {
  type DocumentName,
  type PayloadProfile,
  parsePayloadProfile,
} from '../../lib/key-management/payload/payload-profile.ts';
import {
  decodeDeregisterRequest,
  decodeDeregisterResponse,
  decodeRegisterRequest,
  decodeRegisterResponse,
  encodeDeregisterRequest,
  encodeDeregisterResponse,
  encodeRegisterRequest,
  encodeRegisterResponse,
} from '../../lib/key-management/payload/register.ts';
import { formatMskId, parseKeyDomainId, parseMskId } from '../../lib/keys/index.ts';
import { type BootstrapOptions, bootstrap } from '../../lib/ue/bootstrapping/bootstrap.ts';
import { UeSim } from '../../lib/ue/bootstrapping/ue-sim.ts';
import type { VectorGroup, VectorTest } from './data-set.ts';
import { exposed, hexOf, keyOf, octetsOf, type Stated } from './key-readers.ts';

type Members = Readonly<Record<string, unknown>>;

const latin1 = (value: unknown) => Buffer.from(String(value), 'latin1');

export function readDigest({ server }: VectorGroup, test: VectorTest): Stated | undefined {
  const { username, realm, nonce, password } = server as Readonly<Record<string, string>>;
  const authorization = parseAuthorization(String(test.authorization));
  const isKnown =
    authorization.username === username && authorization.realm === realm && authorization.nonce === nonce;
  if (!isKnown || authorization.uri !== test.uri || password === undefined) return undefined;
  const input = {
    authorization,
    password,
    method: String(test.method),
    entityBody: latin1(test.requestBody),
  };
  if (!isResponseCorrect(input)) return undefined;
  const { algorithm, qop, nc, cnonce, response } = authorization;
  const stated = { algorithm, qop, nc: nc.toString(16).padStart(8, '0'), cnonce, response };
  if (!test.flags.includes('Canonical')) return stated;
  const info = formatAuthenticationInfo({ authorization, password, entityBody: latin1(test.responseBody) });
  return { ...stated, authorization: formatAuthorization(authorization), authenticationInfo: info };
}

/** The step of SQN that leaves its index as it is (TS 33.102 annex C.3.1). */
const NEXT_SEQ = 32;

/** Runs Ub with the SIM of the group and a BSF that says what the test says. */
export async function readUb(group: VectorGroup, test: VectorTest): Promise<Stated> {
  const sqn = Number.parseInt(String(group.sqn), 16);
  const sent: string[] = [];
  const session = await bootstrap(ubOptions(group, test, sqn - NEXT_SEQ, sent));
  const stated = {
    ks: exposed(session.ks),
    bTid: session.btid,
    lifetime: new Date(session.expiresAt).toISOString(),
  };
  const { res: _, ...inTest } = (test.session ?? {}) as Members;
  const again: string[] = [];
  await bootstrap(ubOptions(group, test, sqn, again)).catch(() => {});
  if (JSON.stringify(stated) !== JSON.stringify(inTest)) return { session: stated };
  return { authorization: sent[1], resynchronisation: again[1] };
}

function ubOptions(group: VectorGroup, test: VectorTest, sqn: number, sent: string[]): BootstrapOptions {
  return {
    bsfUrl: new URL('http://bsf.home1.net/'),
    impi: parseImpi(String(group.impi)),
    sim: new UeSim({ k: keyOf(group.k), opc: keyOf(group.opc), sqn }),
    randomOctets: () => octetsOf(group.cnonce),
    get: async (_, headers) => {
      sent.push(String(headers.authorization));
      if (sent.length === 1)
        return {
          status: 401,
          headers: { 'www-authenticate': String(test.wwwAuthenticate) },
          body: Buffer.alloc(0),
        };
      const info = { 'authentication-info': String(test.authenticationInfo) };
      return { status: 200, headers: info, body: Buffer.from(String(test.body)) };
    },
  };
}

function bodyOf({ body, xml }: VectorTest, profile: PayloadProfile, name: DocumentName): Uint8Array {
  const form = name.endsWith('Response') ? profile.answerBody : profile.requestBody;
  if (body !== undefined) return Buffer.from(String(body));
  return Buffer.from(form === 'base64' ? Buffer.from(String(xml)).toString('base64') : String(xml));
}

type Key = KeyIdentification & { readonly responseCode?: number };

const statedKey = ({ keyDomainId, mskId, ...more }: Key) => ({
  keyDomainId,
  mskId: formatMskId(mskId),
  ...more,
});
const keyOfStated = ({ keyDomainId, mskId, ...more }: Members): Key => ({
  keyDomainId: parseKeyDomainId(String(keyDomainId)),
  mskId: parseMskId(String(mskId)),
  ...more,
});

/** Decoders and encoders of the documents, with items as the data set has them. */
const DOCUMENTS: Readonly<
  Record<
    DocumentName,
    {
      readonly decode: (body: Uint8Array, profile: PayloadProfile) => readonly unknown[];
      readonly encode: (items: never[], profile: PayloadProfile) => string;
    }
  >
> = {
  register: { decode: decodeRegisterRequest, encode: encodeRegisterRequest },
  deregister: { decode: decodeDeregisterRequest, encode: encodeDeregisterRequest },
  registerResponse: { decode: decodeRegisterResponse, encode: encodeRegisterResponse },
  deregisterResponse: { decode: decodeDeregisterResponse, encode: encodeDeregisterResponse },
  mskRequest: {
    decode: (body, profile) => decodeMskRequest(body, profile).map(statedKey),
    encode: (items: Members[], profile) => encodeMskRequest(items.map(keyOfStated), profile),
  },
  mskResponse: {
    decode: (body, profile) => decodeMskResponse(body, profile).map(statedKey),
    encode: (items: Members[], profile) =>
      encodeMskResponse(items.map(keyOfStated) as MskResponse[], profile),
  },
};

/** Reads a body by the payload profile of its group, and makes a canonical one again. */
export function readDocument({ document, profile: input }: VectorGroup, test: VectorTest): Stated {
  const name = document as DocumentName;
  const profile = parsePayloadProfile(input);
  const items = DOCUMENTS[name].decode(bodyOf(test, profile, name), profile);
  if (!test.flags.includes('Canonical')) return { items };
  return { items, body: DOCUMENTS[name].encode([...items] as never[], profile) };
}

export function readZnRequest(test: VectorTest): Stated {
  const message = decodeMessage(octetsOf(test.message));
  if (!message.header.isRequest || message.header.command !== 310) throw new Error('no BIR');
  const { origin, nafId, ...members } = readBootstrappingInfoRequest(message);
  const { hopByHop, endToEnd } = message.header;
  const fields = {
    hopByHop,
    endToEnd,
    ...members,
    originHost: origin.host,
    originRealm: origin.realm,
    nafId: hexOf(nafId),
  };
  if (!test.flags.includes('Canonical')) return { fields };
  const made = {
    header: bootstrappingInfoHeader({ hopByHop, endToEnd }, false),
    avps: bootstrappingInfoAvps({ origin, nafId, ...members }),
  };
  return { fields, message: hexOf(encodeMessage(made)) };
}

export function readZnAnswer({ sessionId }: VectorGroup, test: VectorTest): Stated {
  const message = decodeMessage(octetsOf(test.message));
  const answer = readBootstrappingInfoAnswer(message, String(sessionId));
  const request = { header: { ...message.header, isRequest: true }, avps: message.avps.slice(0, 1) };
  const made = test.flags.includes('Canonical')
    ? {
        message: hexOf(
          encodeMessage(
            bootstrappingInfoAnswer(request, { host: 'bsf.home1.net', realm: 'home1.net' }, answer),
          ),
        ),
      }
    : {};
  if (answer.kind === 'refused') return { fields: { experimentalResult: answer.result.code }, ...made };
  const { impi, meKeyMaterial, uiccKeyMaterial, expiresAt, bootstrappedAt } = answer.info;
  const time = (value: number | undefined) => new Date(value ?? 0).toISOString().replace('.000', '');
  const { hopByHop, endToEnd } = message.header;
  const keys = {
    meKeyMaterial: exposed(meKeyMaterial),
    uiccKeyMaterial: uiccKeyMaterial && exposed(uiccKeyMaterial),
  };
  const times = { expiryTime: time(expiresAt), bootstrapInfoCreationTime: time(bootstrappedAt), gbaType: 0 };
  return { fields: { hopByHop, endToEnd, impi, ...keys, ...times }, ...made };
}
