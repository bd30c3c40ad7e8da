import {
  type Avp,
  COMMAND,
  capabilitiesRequest,
  DISCONNECT_CAUSE,
  DiameterError,
  type DiameterMessage,
  disconnectRequest,
  errorMessageIn,
  type Header,
  isSuccess,
  type Origin,
  type OwnCapabilities,
  readCapabilitiesAnswer,
  readDisconnect,
  servesZn,
  VENDOR,
  watchdogRequest,
} from '../diameter/index.ts';
import { answerBaseRequest } from './base-requests.ts';
import { DiameterConnection } from './connection.ts';
import { ZnError } from './errors.ts';
import { EndToEndIds } from './identifiers.ts';
import { connect, ownAddressOf, type PeerAddress } from './sockets.ts';
import { Watchdog } from './watchdog.ts';

/** What a peer's connection needs. */
export interface PeerSettings extends PeerAddress {
  readonly origin: Origin;
  readonly productName: string;
  /** The Origin-Host that the peer must have; any, if absent. */
  readonly expectedHost?: string | undefined;
  /** Tw of RFC 3539, in ms: 30 s unless set. */
  readonly watchdogMs?: number | undefined;
  /** How long the connection and the exchange of capabilities may take, in ms: 5 s unless set. */
  readonly connectTimeoutMs?: number | undefined;
  /** The first and the longest wait before another connection, in ms: 1 s and 30 s unless set. */
  readonly reconnectMs?: { readonly first: number; readonly max: number } | undefined;
  /** Requests that wait for an answer at most: 1000 unless set. */
  readonly maxPending?: number | undefined;
}

/**
 * The state of a peer: `okay` is used; `reopen` was down and has not answered its watchdog often enough to be
 * preferred; `suspect` is silent; `leaving` has said that it disconnects; `down` has no connection.
 */
export type PeerState = 'down' | 'okay' | 'reopen' | 'suspect' | 'leaving' | 'closed';

/** What happens to a peer, for logs and metrics. */
export interface PeerEvent {
  readonly kind: 'open' | 'suspect' | 'okay' | 'down';
  /** `host:port` of the peer. */
  readonly peer: string;
  /** Why it is down: a stable code, or what the peer says. */
  readonly reason?: string;
}

/** The longest wait for the answer to our Disconnect-Peer-Request, in ms. */
const DISCONNECT_TIMEOUT_MS = 1000;

/** Requests of the peer in a second at most: a NAF serves none, and a watchdog comes every few seconds. */
const MAX_REQUESTS_A_SECOND = 50;

/**
 * A peer that we connect to (RFC 6733 §5.6): exchanges capabilities, watches the connection, connects again
 * with randomised back-off after it has ended, and disconnects in order. Requests go to it while it is open.
 */
export class DiameterPeer {
  readonly name: string;
  readonly #settings: PeerSettings;
  readonly #onEvent: (event: PeerEvent) => void;
  readonly #endToEndIds = new EndToEndIds();
  readonly #originStateId = Math.floor(Date.now() / 1000);
  #state: PeerState = 'down';
  #connection: DiameterConnection | undefined;
  #watchdog: Watchdog | undefined;
  #reconnecting: NodeJS.Timeout | undefined;
  /** Connections in turn that did not last. */
  #failures = 0;
  #openedAt: number | undefined;
  #wasDown = false;
  /** Whether a peer that leaves comes back soon. */
  #isRebooting = false;
  /** Requests of the peer in the present second. */
  #requests = 0;
  #requestsSince = 0;

  constructor(settings: PeerSettings, onEvent: (event: PeerEvent) => void = () => {}) {
    this.name = `${settings.host}:${settings.port}`;
    this.#settings = settings;
    this.#onEvent = onEvent;
    this.#connect();
  }

  get state(): PeerState {
    return this.#state;
  }

  /** Whether requests may go to it. */
  get isOpen(): boolean {
    return this.#state === 'okay' || this.#state === 'reopen';
  }

  /**
   * Sends a request and waits for its answer.
   * @throws ZnError `busy` or `no-peer` when nothing was sent, else `timeout`, `peer-down`, `bad-answer`
   */
  request(header: Header, avps: readonly Avp[], timeoutMs: number): Promise<DiameterMessage> {
    if (!this.isOpen || this.#connection === undefined)
      return Promise.reject(new ZnError('no-peer', `${this.name} is ${this.#state}`));
    return this.#connection.request(header, avps, timeoutMs);
  }

  /** Disconnects in order (RFC 6733 §5.4); requests that still wait are rejected as `closed`. */
  async close(): Promise<void> {
    const connection = this.#connection;
    const wasOpen = this.isOpen || this.#state === 'suspect';
    this.#state = 'closed';
    clearTimeout(this.#reconnecting);
    this.#watchdog?.stop();
    if (connection === undefined) return;
    connection.abandonPending('closed', 'the connection is being closed');
    if (wasOpen) {
      const cause = DISCONNECT_CAUSE.REBOOTING;
      const { header, avps } = disconnectRequest(this.#ids(), { origin: this.#settings.origin, cause });
      await connection.request(header, avps, DISCONNECT_TIMEOUT_MS).catch(() => {});
    }
    connection.end('closed');
  }

  #connect(): void {
    const { connectTimeoutMs = 5000, maxPending = 1000, origin } = this.#settings;
    const deadline = setTimeout(() => connection.destroy('connect-timeout'), connectTimeoutMs);
    const socket = connect(this.#settings, () => {
      void this.#exchangeCapabilities(connection, ownAddressOf(socket), connectTimeoutMs).finally(() =>
        clearTimeout(deadline),
      );
    });
    const connection = new DiameterConnection(
      socket,
      { origin, maxPending },
      {
        onRequest: async (request) => this.#answer(request, ownAddressOf(socket)),
        onMessage: ({ isRequest, command }) =>
          this.#watchdog?.heard(!isRequest && command === COMMAND.DEVICE_WATCHDOG),
        onClosed: (reason) => {
          clearTimeout(deadline);
          this.#closed(connection, reason);
        },
      },
    );
    this.#connection = connection;
  }

  async #exchangeCapabilities(
    connection: DiameterConnection,
    address: string,
    timeoutMs: number,
  ): Promise<void> {
    const { header, avps } = capabilitiesRequest(this.#ids(), this.#own(address));
    try {
      const answer = await connection.request(header, avps, timeoutMs);
      const refusal = this.#refusalIn(answer);
      if (refusal !== undefined) return connection.destroy(refusal);
    } catch (error) {
      if (!(error instanceof ZnError || error instanceof DiameterError)) throw error;
      return connection.destroy(error instanceof DiameterError ? `bad-cea: ${error.message}` : error.code);
    }
    if (this.#state !== 'closed') this.#open(connection);
  }

  /** Why a peer is of no use, by its Capabilities-Exchange-Answer. @throws DiameterError */
  #refusalIn(answer: DiameterMessage): string | undefined {
    const { result, origin, authApplications } = readCapabilitiesAnswer(answer);
    if (!isSuccess(result) || origin === undefined)
      return `refused by the peer: ${result.code} ${errorMessageIn(answer.avps) ?? ''}`.trim();
    const { expectedHost } = this.#settings;
    if (expectedHost !== undefined && origin.host.toLowerCase() !== expectedHost.toLowerCase())
      return 'wrong-origin-host';
    return servesZn(authApplications ?? []) ? undefined : 'no-common-application';
  }

  #open(connection: DiameterConnection): void {
    this.#openedAt = Date.now();
    this.#state = this.#wasDown ? 'reopen' : 'okay';
    const { watchdogMs = 30_000, origin } = this.#settings;
    this.#watchdog = new Watchdog(watchdogMs, this.#wasDown, {
      ask: () => {
        const dwr = watchdogRequest(this.#ids(), { origin, originStateId: this.#originStateId });
        connection.sendRequest(dwr.header, dwr.avps);
      },
      suspect: () => {
        this.#state = 'suspect';
        connection.abandonPending('peer-down', `${this.name} does not answer its watchdog`);
        this.#emit('suspect');
      },
      okay: () => {
        if (this.#state === 'suspect' || this.#state === 'reopen') this.#state = 'okay';
        this.#emit('okay');
      },
      dead: () => connection.destroy('silent'),
    });
    this.#emit('open');
  }

  #closed(connection: DiameterConnection, reason: string): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#watchdog?.stop();
    this.#watchdog = undefined;
    if (this.#state === 'closed') return;
    const { first = 1000, max = 30_000 } = this.#settings.reconnectMs ?? {};
    const hasLeft = this.#state === 'leaving';
    if (this.#openedAt !== undefined && Date.now() - this.#openedAt >= max) this.#failures = 0;
    this.#state = 'down';
    this.#wasDown ||= this.#openedAt !== undefined;
    this.#openedAt = undefined;
    // A peer that wants no connection is left alone for longest (RFC 6733 §5.4.3).
    const wait =
      hasLeft && !this.#isRebooting ? max : Math.min(max, first * 2 ** Math.min(this.#failures++, 20));
    this.#reconnecting = setTimeout(() => this.#connect(), wait * (0.5 + Math.random() / 2));
    this.#emit('down', hasLeft ? 'disconnected-by-peer' : reason);
  }

  #answer(request: DiameterMessage, address: string): DiameterMessage | undefined {
    if (this.#isFlood()) {
      this.#connection?.destroy('too-many-requests');
      return undefined;
    }
    const answer = answerBaseRequest(request, this.#own(address));
    if (request.header.command === COMMAND.DISCONNECT_PEER && this.isOpen)
      this.#leave(readDisconnect(request).cause);
    return answer;
  }

  /** Whether a peer that only has to ask whether we are there asks without end. */
  #isFlood(): boolean {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#requestsSince) this.#requests = 0;
    this.#requestsSince = second;
    this.#requests++;
    return this.#requests > MAX_REQUESTS_A_SECOND;
  }

  /** The peer closes the connection after our answer; if it does not, we do. */
  #leave(cause: number): void {
    this.#isRebooting = cause === DISCONNECT_CAUSE.REBOOTING;
    const connection = this.#connection;
    this.#state = 'leaving';
    this.#watchdog?.stop();
    connection?.abandonPending('peer-down', `${this.name} disconnects`);
    setTimeout(() => connection?.end('disconnected-by-peer'), DISCONNECT_TIMEOUT_MS).unref();
  }

  #own(address: string): OwnCapabilities {
    const { origin, productName } = this.#settings;
    return {
      origin,
      hostIpAddresses: [address],
      vendorId: VENDOR['3GPP'],
      productName,
      originStateId: this.#originStateId,
    };
  }

  /** The connection sets the Hop-by-Hop Identifier. */
  #ids() {
    return { hopByHop: 0, endToEnd: this.#endToEndIds.next() };
  }

  #emit(kind: PeerEvent['kind'], reason?: string): void {
    this.#onEvent({ kind, peer: this.name, ...(reason === undefined ? {} : { reason }) });
  }
}
