import { randomBytes } from 'node:crypto';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import type { DatagramTransport } from '../../lib/distribution/transport/datagram-transport.ts';
import { openDatagramTransport } from '../../lib/distribution/transport/dgram-transport.ts';
import { digestPasswordOf } from '../../lib/gba/mbms-keys.ts';
import { nafId } from '../../lib/gba/naf-id.ts';
import { authorize, formatAuthorization, parseAuthorization } from '../../lib/http-digest/index.ts';
import {
  decodeMikeyMessage,
  encodeVerificationMessage,
  MikeyError,
  type MikeyMessage,
} from '../../lib/mikey/index.ts';
import { httpPost } from '../../lib/ue/http-post.ts';
import type { UeSecurityAssociation } from '../../lib/ue/security-association.ts';
import { Ue } from '../../lib/ue/ue.ts';

/** A request that leaves a UE. */
export interface Leaving {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One rule that a UE breaks: our UE, with a fault between it and the network. */
export interface UeFault {
  readonly name: string;
  readonly rule: string;
  /** Changes a request; what is changed is signed anew, as by a UE that means it. */
  readonly request?: (leaving: Leaving) => Partial<Leaving>;
  readonly signing?: {
    readonly qop?: 'auth';
    readonly uri?: string;
    readonly password?: string;
    readonly nc?: number;
  };
  /** Whether requests under a nonce that a stale challenge gave are not sent. */
  readonly ignoresStale?: boolean;
  /** Changes what the UE answers; undefined: nothing is sent. */
  readonly answer?: (octets: Uint8Array, sent: MikeyMessage) => Uint8Array | undefined;
  /** Answers a message that the UE would not. */
  readonly answersToo?: (message: MikeyMessage) => boolean;
  /** Follows a solicited pull that the UE would not, or does not follow any. */
  readonly pulls?: 'every' | 'none';
  /** Is deaf after octets that are no MIKEY. */
  readonly isFragile?: boolean;
}

/** Starts a UE with a fault, which registers to a User Service, and goes on whatever it is answered. */
export async function startWrongUe(
  association: UeSecurityAssociation,
  url: URL,
  fault: UeFault | undefined,
): Promise<Ue> {
  const inner = await openDatagramTransport([{ address: '127.0.0.1', port: 0 }]);
  const transport = new WrongTransport(inner, association, fault);
  const ue = new Ue(
    {
      association,
      keyManagementUrl: url,
      listen: { address: '127.0.0.1', port: 0 },
      randomOctets: (length) => randomBytes(length),
      onEvent: () => {},
      post: (...request) => postWith(fault, association, request),
    },
    transport,
  );
  transport.onWrongPull = (keyDomainId, keyGroup) =>
    void ue.requestMsks([{ keyDomainId, mskId: { keyGroup, keyNumber: 0 } }]).catch(() => {});
  ue.register(['urn:example:news']).catch(() => {});
  return ue;
}

async function postWith(
  fault: UeFault | undefined,
  { btid, mrk }: UeSecurityAssociation,
  [url, headers, body]: Parameters<typeof httpPost>,
) {
  if (fault?.request === undefined && fault?.signing === undefined) {
    const answer = await httpPost(url, headers, body);
    const isStale = String(answer.headers['www-authenticate']).includes('stale=true');
    return fault?.ignoresStale === true && isStale ? { ...answer, status: 400 } : answer;
  }
  const changed = { url, headers, body, ...fault.request?.({ url, headers, body }) };
  const length = { 'content-length': String(Buffer.byteLength(changed.body)) };
  if (headers.authorization === undefined)
    return httpPost(changed.url, { ...changed.headers, ...length }, changed.body);
  const { qop, nc, realm, nonce, algorithm, cnonce } = parseAuthorization(headers.authorization);
  const { signing } = fault;
  const authorization = authorize({
    challenge: { realm, nonce, algorithm, qop: [signing?.qop ?? qop], stale: false },
    username: btid,
    password: signing?.password ?? digestPasswordOf(mrk),
    method: 'POST',
    uri: signing?.uri ?? changed.url.pathname + changed.url.search,
    entityBody: Buffer.from(changed.body),
    ...{ cnonce, nc: signing?.nc ?? nc, qop: signing?.qop ?? qop },
  });
  const more = { ...length, authorization: formatAuthorization(authorization) };
  return httpPost(changed.url, { ...changed.headers, ...more }, changed.body);
}

/** The UDP side of a wrong UE. */
class WrongTransport implements DatagramTransport {
  onWrongPull: (keyDomainId: never, keyGroup: number) => void = () => {};
  readonly #inner: DatagramTransport;
  readonly #association: UeSecurityAssociation;
  readonly #fault: UeFault | undefined;
  #last: MikeyMessage | undefined;
  #isDeaf = false;

  constructor(inner: DatagramTransport, association: UeSecurityAssociation, fault: UeFault | undefined) {
    this.#inner = inner;
    this.#association = association;
    this.#fault = fault;
  }

  get addresses() {
    return this.#inner.addresses;
  }

  listen(onDatagrams: Parameters<DatagramTransport['listen']>[0]): void {
    this.#inner.listen(({ octets, addressOf }) => {
      for (const [index, each] of octets.entries()) {
        const from = addressOf(index);
        const kept = this.#incoming(Uint8Array.from(each), from);
        if (kept !== undefined) onDatagrams({ octets: [kept], addressOf: () => from });
      }
    });
  }

  async send(octets: Uint8Array, to: UeAddress): Promise<void> {
    const changed =
      this.#fault?.answer !== undefined && this.#last ? this.#fault.answer(octets, this.#last) : octets;
    if (changed !== undefined) await this.#inner.send(changed, to);
  }

  sendBatch(...batch: Parameters<DatagramTransport['sendBatch']>) {
    return this.#inner.sendBatch(...batch);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** What the UE is given: undefined for what it does not get to see. */
  #incoming(octets: Uint8Array, from: UeAddress): Uint8Array | undefined {
    const message = decodedOrNone(octets);
    if (message === undefined) this.#isDeaf ||= this.#fault?.isFragile === true;
    if (message === undefined || this.#isDeaf) return this.#isDeaf ? undefined : octets;
    this.#last = message;
    const isPull = message.kemac?.encrData.length === 0;
    if (isPull && this.#fault?.pulls === 'none') return undefined;
    if (isPull && this.#fault?.pulls === 'every') {
      this.onWrongPull(message.keyIds.keyDomainId as never, message.keyIds.mskId?.keyGroup ?? 0);
      return undefined;
    }
    if (!isPull && this.#fault?.answersToo?.(message) === true) {
      const { muk, btid, nafFqdn } = this.#association;
      const { header, timestamp, rand = new Uint8Array(0) } = message;
      const ids = { bmscId: nafId(nafFqdn), ueId: Buffer.from(btid) };
      const answered = { muk, csbId: header.csbId, rand, counter: timestamp.counter ?? 0, ...ids };
      void this.#inner.send(encodeVerificationMessage(answered), from);
      return undefined;
    }
    return octets;
  }
}

function decodedOrNone(octets: Uint8Array): MikeyMessage | undefined {
  try {
    return decodeMikeyMessage(octets);
  } catch (error) {
    if (error instanceof MikeyError) return undefined;
    throw error;
  }
}
