import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { UeAddress } from '../../../lib/address/ue-address.ts';
import type { DatagramTransport } from '../../../lib/distribution/transport/datagram-transport.ts';
import { openDatagramTransport } from '../../../lib/distribution/transport/dgram-transport.ts';
import { digestPasswordOf } from '../../../lib/gba/mbms-keys.ts';
import { realmOf } from '../../../lib/gba/realm.ts';
import {
  type DigestAuthorization,
  DigestError,
  formatAuthenticationInfo,
  formatChallenge,
  isResponseCorrect,
  parseAuthorization,
} from '../../../lib/http-digest/index.ts';
import type { PayloadProfile } from '../../../lib/key-management/payload/payload-profile.ts';
import { UE_PORT_PARAMETER } from '../../../lib/key-management/request-line.ts';
import type { UeSecurityAssociation } from '../../../lib/ue/security-association.ts';
import type { TraceLine } from '../requirement.ts';
import { tracedAnswer, tracedMikey, tracedRequest } from '../trace.ts';

/** A request of the UE under test. */
export interface UeRequest {
  readonly method: string;
  readonly httpVersion: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly authorization: DigestAuthorization | undefined;
  /** Whether the response is right for what came. */
  readonly isRight: boolean;
  /** Whether its nonce is the last one that it was given. */
  readonly isNonceNew: boolean;
}

/** A datagram of the UE under test. */
export interface UeDatagram {
  readonly octets: Uint8Array;
  readonly from: UeAddress;
}

/** How the UE is reached, and how long it is waited for. */
export interface UeTarget {
  readonly association: UeSecurityAssociation;
  /** When its keys end, ms since the epoch, if the tester says so: the last tests wait for it. */
  readonly endsAt?: number | undefined;
  /** The port to which MIKEY goes when the UE names none. */
  readonly uePort: number;
  /** Names and forms of payloads. */
  readonly payloadProfile: PayloadProfile;
  /** What is waited for comes within this time, and what has not come does not, in ms. */
  readonly answerMs: number;
  readonly quietMs: number;
  readonly randomOctets: (length: number) => Uint8Array;
}

/**
 * A 401 to a request whose credentials are right: its nonce is old, its keys are over, or the realm is of
 * another NAF.
 */
export type Refusal = 'stale' | 'not-stale' | 'other-realm';

/** The realm of a NAF that the UE has not asked. */
const OTHER_REALM = realmOf('naf.conformance.example');

/** What a UE repeats from the challenge (RFC 7616 §3.4). */
export const OPAQUE = 'bmsc conformance';

const LOOK_MS = 5;
const NONCE_LENGTH = 18;

/**
 * A BM-SC that tests the UE which connects to it: it answers requests as they should be answered, keeps what
 * came, and sends what a test wants.
 */
export class UeUnderTest {
  readonly target: UeTarget;
  readonly requests: UeRequest[] = [];
  readonly datagrams: UeDatagram[] = [];
  /** How the next authenticated requests are answered, in place of a 200. */
  readonly refusals: Refusal[] = [];
  /** The nonces of challenges with the realm of another NAF. */
  readonly foreignNonces = new Set<string>();
  readonly #http: Server;
  readonly #transport: DatagramTransport;
  readonly #trace: TraceLine[] = [];
  readonly #kept = new Map<string, Promise<unknown>>();
  readonly #usedCounts = new Set<string>();
  #nonce = '';
  #ueAddress: UeAddress | undefined;
  /** Greater than every counter so far. */
  #counter = 1000;

  constructor(target: UeTarget, http: Server, transport: DatagramTransport) {
    this.target = target;
    this.#http = http;
    this.#transport = transport;
    // A request that the UE breaks off is none.
    http.on('request', (request, response) =>
      this.#answer(request, response).catch(() => response.destroy()),
    );
    transport.listen(({ octets, addressOf }) => {
      for (const [index, each] of octets.entries()) {
        const datagram = { octets: Uint8Array.from(each), from: addressOf(index) };
        this.datagrams.push(datagram);
        this.#trace.push(tracedMikey('received', datagram.octets, undefined));
      }
    });
  }

  /** Listens on a TCP port and on any free UDP port of an address. */
  static async listen(target: UeTarget, { address, port }: UeAddress): Promise<UeUnderTest> {
    const http = createServer();
    await new Promise<void>((resolve, reject) => http.once('error', reject).listen(port, address, resolve));
    return new UeUnderTest(target, http, await openDatagramTransport([{ address, port: 0 }]));
  }

  get port(): number {
    const address = this.#http.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  takeTrace(): readonly TraceLine[] {
    return this.#trace.splice(0);
  }

  once<T>(name: string, act: () => Promise<T>): Promise<T> {
    const kept = this.#kept.get(name) ?? act();
    this.#kept.set(name, kept);
    return kept as Promise<T>;
  }

  /** The next counter under the MUK. */
  nextCounter(): number {
    return ++this.#counter;
  }

  /** Sends a message to the UE. @throws Error before it has sent an authenticated request */
  async send(octets: Uint8Array, encrData?: Uint8Array): Promise<void> {
    if (this.#ueAddress === undefined) throw new Error('the UE has no address yet');
    this.#trace.push(tracedMikey('sent', octets, encrData));
    await this.#transport.send(octets, this.#ueAddress);
  }

  /** The first of `list` after a mark that fits, within `ms`. */
  async next<T>(list: readonly T[], mark: number, ms: number, fits: (each: T) => boolean = () => true) {
    const deadline = Date.now() + ms;
    for (;;) {
      const found = list.slice(mark).find(fits);
      if (found !== undefined || Date.now() >= deadline) return found;
      await delay(LOOK_MS);
    }
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
    await this.#transport.close();
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await this.#judged(incoming);
    this.requests.push(request);
    this.#trace.push(tracedRequest(request.method, request.target, request.headers, request.body));
    const { authorization } = request;
    const isFresh = request.isNonceNew && authorization !== undefined && !this.#isUsed(authorization);
    const refusal = request.isRight ? this.refusals.shift() : undefined;
    if (refusal !== undefined || !request.isRight || !isFresh) {
      const isStale = refusal === undefined ? request.isRight : refusal === 'stale';
      const realm = refusal === 'other-realm' ? OTHER_REALM : realmOf(this.target.association.nafFqdn);
      this.#reply(response, 401, { 'www-authenticate': this.#challenge(isStale, realm) });
      if (refusal === 'other-realm') this.foreignNonces.add(this.#nonce);
      return;
    }
    this.#usedCounts.add(`${authorization.nonce}/${authorization.nc}`);
    const port = new URL(request.target, 'http://ue').searchParams.get(UE_PORT_PARAMETER);
    const address = incoming.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
    this.#ueAddress = { address, port: port === null ? this.target.uePort : Number(port) };
    const password = digestPasswordOf(this.target.association.mrk);
    const info = formatAuthenticationInfo({ authorization, password, entityBody: new Uint8Array(0) });
    this.#reply(response, 200, { 'authentication-info': info });
  }

  #reply(response: ServerResponse, status: number, headers: Record<string, string>): void {
    this.#trace.push(tracedAnswer({ status, headers, body: new Uint8Array(0) }));
    response.writeHead(status, { ...headers, 'content-length': '0' }).end();
  }

  #challenge(stale: boolean, realm: string): string {
    this.#nonce = Buffer.from(this.target.randomOctets(NONCE_LENGTH)).toString('base64url');
    const offer = { qop: ['auth-int'], algorithm: 'MD5', opaque: OPAQUE } as const;
    return formatChallenge({ realm, nonce: this.#nonce, ...offer, stale });
  }

  #isUsed({ nonce, nc }: DigestAuthorization): boolean {
    return this.#usedCounts.has(`${nonce}/${nc}`);
  }

  async #judged(incoming: IncomingMessage): Promise<UeRequest> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    );
    const [method, target] = [incoming.method ?? '', incoming.url ?? ''];
    const authorization = parsedOrNone(headers.authorization);
    const { association } = this.target;
    const isRight =
      authorization !== undefined &&
      authorization.username === association.btid &&
      isResponseCorrect({
        authorization,
        password: digestPasswordOf(association.mrk),
        method,
        entityBody: body,
      });
    return {
      ...{ method, target, headers, authorization, isRight },
      httpVersion: incoming.httpVersion,
      body: body.toString('latin1'),
      isNonceNew: authorization?.nonce === this.#nonce,
    };
  }
}

function parsedOrNone(header: string | undefined): DigestAuthorization | undefined {
  try {
    return header === undefined ? undefined : parseAuthorization(header);
  } catch (error) {
    if (error instanceof DigestError) return undefined;
    throw error;
  }
}
