import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import {
  APPLICATION,
  type BootstrappingInfoAnswer,
  type BootstrappingInfoRequest,
  bootstrappingInfoAnswer,
  COMMAND,
  capabilitiesAnswer,
  DISCONNECT_CAUSE,
  type DiameterMessage,
  type DiameterResult,
  disconnectRequest,
  type Origin,
  type OwnCapabilities,
  RESULT_CODE,
  readBootstrappingInfoRequest,
  readCapabilities,
  SUCCESS,
  servesZn,
  VENDOR,
  watchdogRequest,
} from '../diameter/index.ts';
import { answerBaseRequest } from './base-requests.ts';
import { DiameterConnection } from './connection.ts';
import { EndToEndIds } from './identifiers.ts';
import { ownAddressOf } from './sockets.ts';
import { Watchdog } from './watchdog.ts';

/** What a BSF on Zn needs. */
export interface DiameterServerSettings {
  readonly origin: Origin;
  readonly productName: string;
  /** The address to listen on, 127.0.0.1 unless set. */
  readonly host?: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
  readonly tls?: TlsOptions | undefined;
  /** Tw of RFC 3539, in ms: 30 s unless set. */
  readonly watchdogMs?: number | undefined;
  /** Connections at most: 16 unless set. */
  readonly maxConnections?: number | undefined;
}

/** What a BSF answers. An error that it throws is answered with DIAMETER_UNABLE_TO_COMPLY. */
export type BootstrappingInfoHandler = (
  request: BootstrappingInfoRequest,
  /** Whether the T flag is set: another peer may have the request already. */
  isRetransmission: boolean,
) => Promise<BootstrappingInfoAnswer>;

/** How long a peer that has connected may take for its Capabilities-Exchange-Request, in ms. */
const CAPABILITIES_TIMEOUT_MS = 10_000;
/** The longest wait for the answer to our Disconnect-Peer-Request, in ms. */
const DISCONNECT_TIMEOUT_MS = 1000;

/**
 * The BSF's end of Zn, small: accepts peers over TCP or TLS, exchanges capabilities, answers requests for
 * keys by a handler, watches each connection, and disconnects in order.
 */
export class DiameterServer {
  readonly #settings: DiameterServerSettings;
  readonly #handler: BootstrappingInfoHandler;
  readonly #server: Server;
  readonly #accepted = new Set<AcceptedPeer>();

  private constructor(settings: DiameterServerSettings, handler: BootstrappingInfoHandler) {
    this.#settings = settings;
    this.#handler = handler;
    const accept = (socket: Socket) => this.#accept(socket);
    this.#server =
      settings.tls === undefined ? createTcpServer(accept) : createTlsServer(settings.tls, accept);
    this.#server.maxConnections = settings.maxConnections ?? 16;
    this.#server.on('tlsClientError', () => {});
  }

  /** Listens. @throws the system's error when the port is taken */
  static async listen(
    settings: DiameterServerSettings,
    handler: BootstrappingInfoHandler,
  ): Promise<DiameterServer> {
    const server = new DiameterServer(settings, handler);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(settings.port, settings.host ?? '127.0.0.1', resolve);
    });
    return server;
  }

  /** The port that it listens on. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Peers that have exchanged capabilities. */
  get peers(): number {
    return [...this.#accepted].filter((peer) => peer.isOpen).length;
  }

  /** Disconnects from all peers in order, and listens no more. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await Promise.all([...this.#accepted].map((peer) => peer.close()));
    await closed;
  }

  /** Ends all connections without a word, as a process does that is killed. */
  async kill(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const peer of this.#accepted) peer.destroy('killed');
    await closed;
  }

  #accept(socket: Socket): void {
    const peer = new AcceptedPeer(socket, this.#settings, this.#handler, () => this.#accepted.delete(peer));
    this.#accepted.add(peer);
  }
}

/** A connection that the server has accepted. */
class AcceptedPeer {
  readonly #settings: DiameterServerSettings;
  readonly #handler: BootstrappingInfoHandler;
  readonly #own: OwnCapabilities;
  readonly #connection: DiameterConnection;
  readonly #endToEndIds = new EndToEndIds();
  readonly #deadline: NodeJS.Timeout;
  #watchdog: Watchdog | undefined;

  constructor(
    socket: Socket,
    settings: DiameterServerSettings,
    handler: BootstrappingInfoHandler,
    onClosed: () => void,
  ) {
    const { origin, productName } = settings;
    this.#settings = settings;
    this.#handler = handler;
    this.#own = {
      origin,
      hostIpAddresses: [ownAddressOf(socket)],
      vendorId: VENDOR['3GPP'],
      productName,
    };
    this.#connection = new DiameterConnection(
      socket,
      { origin, maxPending: 10 },
      {
        onRequest: (request) => this.#answer(request),
        onMessage: ({ isRequest, command }) =>
          this.#watchdog?.heard(!isRequest && command === COMMAND.DEVICE_WATCHDOG),
        onClosed: () => {
          clearTimeout(this.#deadline);
          this.#watchdog?.stop();
          onClosed();
        },
      },
    );
    this.#deadline = setTimeout(() => this.destroy('no-capabilities'), CAPABILITIES_TIMEOUT_MS).unref();
  }

  /** Whether capabilities are exchanged. */
  get isOpen(): boolean {
    return this.#watchdog !== undefined;
  }

  async close(): Promise<void> {
    if (this.isOpen) {
      const { origin } = this.#settings;
      const dpr = disconnectRequest(this.#ids(), { origin, cause: DISCONNECT_CAUSE.REBOOTING });
      await this.#connection.request(dpr.header, dpr.avps, DISCONNECT_TIMEOUT_MS).catch(() => {});
    }
    this.#connection.end('closed');
  }

  destroy(reason: string): void {
    this.#connection.destroy(reason);
  }

  async #answer(request: DiameterMessage): Promise<DiameterMessage | undefined> {
    const { command, application, isRetransmission } = request.header;
    if (!this.isOpen) return this.#open(request);
    if (application === APPLICATION.ZN && command === COMMAND.BOOTSTRAPPING_INFO) {
      const wanted = readBootstrappingInfoRequest(request);
      const answer = await this.#handler(wanted, isRetransmission);
      return bootstrappingInfoAnswer(request, this.#settings.origin, answer);
    }
    return answerBaseRequest(request, this.#own);
  }

  /** The first message must ask for capabilities (RFC 6733 §5.6); another one ends the connection. */
  #open(request: DiameterMessage): DiameterMessage | undefined {
    if (request.header.command !== COMMAND.CAPABILITIES_EXCHANGE) {
      this.destroy('no-capabilities');
      return undefined;
    }
    const { authApplications } = readCapabilities(request);
    if (!servesZn(authApplications)) {
      setImmediate(() => this.#connection.end('no-common-application'));
      return capabilitiesAnswer(request, NO_COMMON_APPLICATION, this.#own);
    }
    clearTimeout(this.#deadline);
    const { origin, watchdogMs = 30_000 } = this.#settings;
    this.#watchdog = new Watchdog(watchdogMs, false, {
      ask: () => {
        const dwr = watchdogRequest(this.#ids(), { origin });
        this.#connection.sendRequest(dwr.header, dwr.avps);
      },
      suspect: () => {},
      okay: () => {},
      dead: () => this.destroy('silent'),
    });
    return capabilitiesAnswer(request, SUCCESS, this.#own);
  }

  #ids() {
    return { hopByHop: 0, endToEnd: this.#endToEndIds.next() };
  }
}

const NO_COMMON_APPLICATION: DiameterResult = { kind: 'base', code: RESULT_CODE.NO_COMMON_APPLICATION };
