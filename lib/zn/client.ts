import {
  type Avp,
  type BootstrappingInfoAnswer,
  type BootstrappingInfoRequest,
  bootstrappingInfoAvps,
  bootstrappingInfoHeader,
  DiameterError,
  type DiameterResult,
  type Origin,
  RESULT_CODE,
  readBootstrappingInfoAnswer,
} from '../diameter/index.ts';
import { ZnError } from './errors.ts';
import { EndToEndIds, SessionIds } from './identifiers.ts';
import { DiameterPeer, type PeerEvent, type PeerSettings } from './peer.ts';

/** What a NAF needs to ask a BSF over Zn. */
export interface ZnClientSettings {
  readonly origin: Origin;
  readonly destinationRealm: string;
  readonly destinationHost?: string | undefined;
  /** One or two, the preferred one first. */
  readonly peers: readonly Omit<PeerSettings, 'origin' | 'productName'>[];
  readonly productName?: string | undefined;
  /** How long a request may take with all its peers, in ms: 4 s unless set. */
  readonly timeoutMs?: number | undefined;
}

/** Which keys are asked for. */
export type KeyLookUp = Pick<BootstrappingInfoRequest, 'bTid' | 'nafId' | 'gsIds' | 'isGbaUAware'>;

/** A peer that let a request time out is asked last for this long, in ms, unless it answers before. */
const SLOW_FOR_MS = 30_000;

/** Results with which another peer may do better (RFC 6733 §7.1.3). */
const UNDELIVERED: readonly number[] = [
  RESULT_CODE.UNABLE_TO_DELIVER,
  RESULT_CODE.TOO_BUSY,
  RESULT_CODE.LOOP_DETECTED,
];

/**
 * A NAF on Zn. A request goes to the first open peer. When that one ends its connection, falls silent or
 * takes too long, the request goes to the other one with the T flag and the same End-to-End Identifier (RFC
 * 6733 §5.5.4), so that a BSF can tell that it is the same.
 */
export class ZnClient {
  readonly #settings: ZnClientSettings;
  readonly #peers: readonly DiameterPeer[];
  readonly #slowUntil = new Map<DiameterPeer, number>();
  readonly #endToEndIds = new EndToEndIds();
  readonly #sessionIds: SessionIds;
  #isClosed = false;

  /** Starts to connect to the peers. @param onEvent hears of each peer that opens, ends or falls silent */
  constructor(settings: ZnClientSettings, onEvent?: (event: PeerEvent) => void) {
    const { origin, productName = 'bmsc' } = settings;
    this.#settings = settings;
    this.#sessionIds = new SessionIds(origin.host);
    this.#peers = settings.peers.map((peer) => new DiameterPeer({ ...peer, origin, productName }, onEvent));
  }

  /** Whether a peer can be asked now. */
  get isOpen(): boolean {
    return this.#peers.some((peer) => peer.isOpen);
  }

  /** Peers that can be asked now. */
  get openPeers(): number {
    return this.#peers.filter((peer) => peer.isOpen).length;
  }

  /**
   * Asks for the keys of a B-TID. Answered once, at latest after the set time.
   * @throws ZnError when no peer answers, or one answers what can't be read
   */
  async lookUp(wanted: KeyLookUp): Promise<BootstrappingInfoAnswer> {
    const { origin, destinationRealm, destinationHost, timeoutMs = 4000 } = this.#settings;
    const sessionId = this.#sessionIds.next();
    const avps = bootstrappingInfoAvps({ ...wanted, sessionId, origin, destinationRealm, destinationHost });
    const endToEnd = this.#endToEndIds.next();
    const deadline = Date.now() + timeoutMs;
    const tried = new Set<DiameterPeer>();
    let isRetransmission = false;
    let failure = new ZnError(this.#isClosed ? 'closed' : 'no-peer', 'no peer is connected');
    for (;;) {
      const peer = this.#bestOf(tried);
      const left = deadline - Date.now();
      if (peer === undefined || left <= 0) throw failure;
      tried.add(peer);
      // Whoever is asked first leaves the other one half of the time.
      const forThis = this.#bestOf(tried) === undefined ? left : left / 2;
      const outcome = await this.#ask(peer, { sessionId, endToEnd, isRetransmission, avps }, forThis);
      if (outcome.kind === 'answer') return outcome.answer;
      failure = outcome.failure;
      isRetransmission ||= failure.code === 'timeout' || failure.code === 'peer-down';
    }
  }

  /** Disconnects from all peers; a request that still waits is rejected as `closed`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#peers.map((peer) => peer.close()));
  }

  async #ask(
    peer: DiameterPeer,
    { sessionId, endToEnd, isRetransmission, avps }: Request,
    timeoutMs: number,
  ): Promise<Outcome> {
    try {
      const header = bootstrappingInfoHeader({ hopByHop: 0, endToEnd }, isRetransmission);
      const message = await peer.request(header, avps, timeoutMs);
      this.#slowUntil.delete(peer);
      const answer = readBootstrappingInfoAnswer(message, sessionId);
      if (answer.kind === 'refused' && isUndelivered(answer.result))
        return failed(new ZnError('undeliverable', `${peer.name} answers ${answer.result.code}`));
      return { kind: 'answer', answer };
    } catch (error) {
      if (error instanceof DiameterError)
        throw new ZnError('bad-answer', `the answer can't be read: ${error.message}`, { cause: error });
      if (!(error instanceof ZnError) || error.code === 'bad-answer' || error.code === 'closed') throw error;
      if (error.code === 'timeout') this.#slowUntil.set(peer, Date.now() + SLOW_FOR_MS);
      return failed(error);
    }
  }

  /** The open peer that is to be asked next: one that is okay and quick, before one that is not. */
  #bestOf(tried: ReadonlySet<DiameterPeer>): DiameterPeer | undefined {
    const now = Date.now();
    const rank = (peer: DiameterPeer) =>
      (peer.state === 'okay' ? 0 : 1) + ((this.#slowUntil.get(peer) ?? 0) > now ? 2 : 0);
    return this.#peers.filter((peer) => peer.isOpen && !tried.has(peer)).sort((a, b) => rank(a) - rank(b))[0];
  }
}

interface Request {
  readonly sessionId: string;
  readonly endToEnd: number;
  readonly isRetransmission: boolean;
  readonly avps: readonly Avp[];
}

type Outcome =
  | { readonly kind: 'answer'; readonly answer: BootstrappingInfoAnswer }
  | { readonly kind: 'failed'; readonly failure: ZnError };

function failed(failure: ZnError): Outcome {
  return { kind: 'failed', failure };
}

function isUndelivered({ kind, code }: DiameterResult): boolean {
  return kind === 'base' && UNDELIVERED.includes(code);
}
