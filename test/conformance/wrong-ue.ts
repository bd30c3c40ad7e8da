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
import { type HttpAnswer, httpPost } from '../../lib/ue/http-post.ts';
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
    /** Leaves opaque out. */
    readonly isWithoutOpaque?: boolean;
  };
  /** Whether requests under a nonce that a stale challenge gave are not sent. */
  readonly ignoresStale?: boolean;
  /** Changes what the UE answers; undefined: nothing is sent. */
  readonly answer?: (octets: Uint8Array, sent: MikeyMessage) => Uint8Array | undefined;
  /** Answers a message that the UE would not. */
  readonly answersToo?: (message: MikeyMessage) => boolean;
  /** Follows a solicited pull that the UE would not, or does not follow any. */
  readonly pulls?: 'none';
  readonly followsToo?: (message: MikeyMessage) => boolean;
  /** Takes every 401 for a stale one. */
  readonly isEveryStale?: boolean;
  /** Answers the challenge of any realm. */
  readonly answersAnyRealm?: boolean;
  /** Counts on from counters of messages whose MAC it has not checked. */
  readonly countsForged?: boolean;
  /** Drops solicited pulls, or verifies MSKs, once its keys are over. */
  readonly afterTheEnd?: 'ignores-pulls' | 'verifies';
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
  ue.register(['urn:example:news'])
    .then(() => ue.deregister(['urn:example:old']))
    .catch(() => {});
  return ue;
}

async function postWith(
  fault: UeFault | undefined,
  { btid, mrk }: UeSecurityAssociation,
  [url, headers, body]: Parameters<typeof httpPost>,
) {
  if (fault?.request === undefined && fault?.signing === undefined)
    return misread(fault, await httpPost(url, headers, body));
  const changed = { url, headers, body, ...fault.request?.({ url, headers, body }) };
  const length = { 'content-length': String(Buffer.byteLength(changed.body)) };
  if (headers.authorization === undefined)
    return httpPost(changed.url, { ...changed.headers, ...length }, changed.body);
  const { qop, nc, realm, nonce, algorithm, cnonce, opaque } = parseAuthorization(headers.authorization);
  const { signing } = fault;
  const authorization = authorize({
    challenge: {
      ...{ realm, nonce, algorithm, qop: [signing?.qop ?? qop], stale: false },
      ...(opaque === undefined || signing?.isWithoutOpaque ? {} : { opaque }),
    },
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

/** An answer as a wrong UE reads it. */
function misread(fault: UeFault | undefined, answer: HttpAnswer): HttpAnswer {
  const challenge = answer.headers['www-authenticate'];
  if (challenge === undefined) return answer;
  if (fault?.ignoresStale === true && challenge.includes('stale=true')) return { ...answer, status: 400 };
  const own = fault?.answersAnyRealm ? challenge.replace(/@[\w.]+"/, '@bmsc.home1.net"') : challenge;
  const isStale = fault?.isEveryStale && !own.includes('stale=');
  return {
    ...answer,
    headers: { ...answer.headers, 'www-authenticate': isStale ? `${own}, stale=true` : own },
  };
}

/** The UDP side of a wrong UE. */
class WrongTransport implements DatagramTransport {
  onWrongPull: (keyDomainId: never, keyGroup: number) => void = () => {};
  readonly #inner: DatagramTransport;
  readonly #association: UeSecurityAssociation;
  readonly #fault: UeFault | undefined;
  #last: MikeyMessage | undefined;
  #isDeaf = false;
  #greatest = 0;

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
    const { counter = 0 } = message.timestamp;
    if (isPull && this.#fault?.pulls === 'none') return undefined;
    const isOver = (this.#association.expiresAt ?? Number.POSITIVE_INFINITY) <= Date.now();
    if (isPull && isOver && this.#fault?.afterTheEnd === 'ignores-pulls') return undefined;
    if (this.#fault?.countsForged === true && !isPull && message.keyIds.mtkId === undefined) {
      if (counter <= this.#greatest) return undefined;
      this.#greatest = counter;
    }
    if (isPull && this.#fault?.followsToo?.(message) === true) {
      this.onWrongPull(message.keyIds.keyDomainId as never, message.keyIds.mskId?.keyGroup ?? 0);
      return undefined;
    }
    const isAnswered = isOver && !isPull && this.#fault?.afterTheEnd === 'verifies';
    if (isAnswered || this.#fault?.answersToo?.(message) === true) {
      const { muk, btid, nafFqdn } = this.#association;
      const { header, timestamp, rand = new Uint8Array(0) } = message;
      const ids = { bmscId: nafId(nafFqdn), ueId: Buffer.from(btid) };
      const answered = { muk, csbId: header.csbId, rand, counter: timestamp.counter ?? 0, ...ids };
      void this.#inner.send(encodeVerificationMessage(answered), from);
      return isPull ? octets : undefined;
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
