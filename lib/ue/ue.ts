import type { UeAddress } from '../address/ue-address.ts';
import type { DatagramTransport } from '../distribution/transport/datagram-transport.ts';
import { openDatagramTransport } from '../distribution/transport/dgram-transport.ts';
import type { KeyIdentification } from '../key-management/payload/msk-request.ts';
import type { PayloadProfile } from '../key-management/payload/payload-profile.ts';
import { UE_PORT_PARAMETER } from '../key-management/request-line.ts';
import type { KeyDomainId } from '../keys/key-domain-id.ts';
import { CURRENT_KEY_NUMBER, type MskId, mskId } from '../keys/msk-id.ts';
import { DigestClient } from './digest-client.ts';
import { UeError } from './errors.ts';
import { type HttpPost, httpPost } from './http-post.ts';
import { createKeyRequests, type KeyRequests, type MskAnswer, type ServiceAnswer } from './key-requests.ts';
import { KeyRing } from './key-ring.ts';
import { MikeyReceiver, type ReceivedMikey } from './mikey-receiver.ts';
import type { UeSecurityAssociation } from './security-association.ts';

/** An event at a UE. */
export type UeEvent =
  | {
      readonly kind: 'received';
      readonly octets: Uint8Array;
      readonly from: UeAddress;
      readonly message: ReceivedMikey;
    }
  | { readonly kind: 'verification-sent'; readonly octets: Uint8Array; readonly to: UeAddress }
  | { readonly kind: 'pull-answered'; readonly answers: readonly MskAnswer[] }
  /** The BM-SC did not accept the association before. */
  | { readonly kind: 'bootstrapped-again'; readonly association: UeSecurityAssociation }
  | { readonly kind: 'failed'; readonly error: unknown };

/** The settings of a UE. */
export interface UeOptions {
  readonly association: UeSecurityAssociation;
  readonly keyManagementUrl: URL;
  /**
   * Further key management URIs, of the User Service's description: asked in their order when the one before
   * does not answer. The one that answers is kept.
   */
  readonly otherServers?: readonly URL[];
  /** Numeric local address and UDP port for MIKEY; port 0 takes a free one, and requests name it. */
  readonly listen: UeAddress;
  readonly randomOctets: (length: number) => Uint8Array;
  readonly onEvent: (event: UeEvent) => void;
  readonly post?: HttpPost;
  /** Names and forms of the payloads of requests and answers; the default ones unless given. */
  readonly payloadProfile?: PayloadProfile;
  /**
   * Bootstraps anew, when the BM-SC says that it must (TS 24.109 §5.2.5). Without it the request fails.
   */
  readonly bootstrap?: () => Promise<UeSecurityAssociation>;
}

/** A UE that does its whole side of MSK delivery until it is closed. */
export class Ue implements KeyRequests {
  readonly ring = new KeyRing();
  /** The local address, numeric, and the UDP port for MIKEY. */
  readonly address: UeAddress;
  readonly #receiver = new MikeyReceiver(this.ring);
  readonly #options: UeOptions;
  readonly #transport: DatagramTransport;
  /** The server that is asked first, then the others. */
  #servers: readonly URL[];
  #association: UeSecurityAssociation;
  #client: DigestClient;
  /** A bootstrapping that goes on: requests that fail meanwhile wait for it. */
  #bootstrapping: Promise<void> | undefined;

  /** `transport` is open on `options.listen`; the UE closes it. */
  constructor(options: UeOptions, transport: DatagramTransport) {
    this.#options = options;
    this.#transport = transport;
    this.address = transport.addresses[0] ?? options.listen;
    this.#servers = [options.keyManagementUrl, ...(options.otherServers ?? [])];
    this.#association = options.association;
    this.#receiver.use(options.association);
    this.#client = this.#clientOf(options.association);
    transport.listen(({ octets, addressOf }) => {
      for (const [index, datagram] of octets.entries())
        this.receive(Uint8Array.from(datagram), addressOf(index));
    });
  }

  /**
   * Continues with the association of a new bootstrapping. Requests use it from now on; messages under the
   * one before are still understood until the BM-SC uses the new one.
   */
  use(association: UeSecurityAssociation): void {
    this.#association = association;
    this.#receiver.use(association);
    this.#client = this.#clientOf(association);
  }

  /** @throws UeError */
  register(serviceIds: readonly string[]): Promise<ServiceAnswer[]> {
    return this.#ask((requests) => requests.register(serviceIds));
  }

  /** @throws UeError */
  deregister(serviceIds: readonly string[]): Promise<ServiceAnswer[]> {
    return this.#ask((requests) => requests.deregister(serviceIds));
  }

  /** @throws UeError */
  requestMsks(keys: readonly KeyIdentification[]): Promise<MskAnswer[]> {
    return this.#ask((requests) => requests.requestMsks(keys));
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  /** Asks the server that answered last, and each of the others when it does not. */
  async #ask<T>(ask: (requests: KeyRequests) => Promise<T>): Promise<T> {
    for (let others = this.#servers.length - 1; ; others--) {
      const [server = this.#options.keyManagementUrl, ...rest] = this.#servers;
      try {
        return await ask(this.#requestsTo(server));
      } catch (error) {
        const isAway = error instanceof UeError && error.code === 'no-answer';
        if (!isAway || others === 0) throw error;
        this.#servers = [...rest, server];
        // Another server knows no nonce of this one.
        this.#client = this.#clientOf(this.#association);
      }
    }
  }

  #requestsTo(server: URL): KeyRequests {
    const parameters = { [UE_PORT_PARAMETER]: String(this.address.port) };
    const client = { post: (...request: Parameters<DigestClient['post']>) => this.#post(...request) };
    return createKeyRequests(client, server, parameters, this.#options.payloadProfile);
  }

  /** Bootstraps once when the BM-SC does not accept the association, and sends the request again. */
  async #post(...request: Parameters<DigestClient['post']>): ReturnType<DigestClient['post']> {
    const client = this.#client;
    try {
      return await client.post(...request);
    } catch (error) {
      const isRefused = error instanceof UeError && error.code === 'not-authenticated';
      if (!isRefused || this.#options.bootstrap === undefined) throw error;
      if (client === this.#client) await this.#bootstrapAgain(this.#options.bootstrap);
      return this.#client.post(...request);
    }
  }

  #bootstrapAgain(bootstrap: () => Promise<UeSecurityAssociation>): Promise<void> {
    this.#bootstrapping ??= bootstrap()
      .then((association) => {
        this.use(association);
        this.#options.onEvent({ kind: 'bootstrapped-again', association });
      })
      .finally(() => {
        this.#bootstrapping = undefined;
      });
    return this.#bootstrapping;
  }

  #clientOf(association: UeSecurityAssociation): DigestClient {
    const { post = httpPost, randomOctets } = this.#options;
    return new DigestClient(association, post, randomOctets, () => this.#receiver.confirm(association.btid));
  }

  /** Takes a MIKEY message that came over another socket, such as an MTK message to a multicast group. */
  receive(octets: Uint8Array, from: UeAddress): ReceivedMikey {
    const message = this.#receiver.receive(octets);
    this.#options.onEvent({ kind: 'received', octets, from, message });
    if (message.kind === 'msk' && message.verification !== undefined)
      this.#sendVerification(message.verification, from);
    if (message.kind === 'solicited-pull')
      this.#answerPull(message.keyDomainId, mskId(message.keyGroup, CURRENT_KEY_NUMBER));
    return message;
  }

  #sendVerification(octets: Uint8Array, to: UeAddress): void {
    const { onEvent } = this.#options;
    this.#transport.send(octets, to).then(
      () => onEvent({ kind: 'verification-sent', octets, to }),
      (error: unknown) => onEvent({ kind: 'failed', error }),
    );
  }

  #answerPull(keyDomainId: KeyDomainId, mskId: MskId): void {
    const { onEvent } = this.#options;
    this.requestMsks([{ keyDomainId, mskId }]).then(
      (answers) => onEvent({ kind: 'pull-answered', answers }),
      (error: unknown) => onEvent({ kind: 'failed', error }),
    );
  }
}

/**
 * Starts a UE: it receives MSKs over UDP, answers the V-bit, and answers a solicited pull by a request for
 * the current MSK of the Key Group (TS 33.246 §6.3.2.2.4).
 */
export async function startUe(options: UeOptions): Promise<Ue> {
  return new Ue(options, await openDatagramTransport([options.listen]));
}
