import type { Socket } from 'node:net';
import { decodeHeader } from '../diameter/header.ts';
import {
  type Avp,
  DiameterError,
  type DiameterMessage,
  decodeMessage,
  encodeMessage,
  errorAnswer,
  type Header,
  MessageSplitter,
  type Origin,
  refusalOf,
} from '../diameter/index.ts';
import { ZnError } from './errors.ts';
import { HopByHopIds } from './identifiers.ts';

/** What a connection does with what comes. */
export interface ConnectionHandlers {
  /** A request came. The answer is sent; with undefined, none is. */
  readonly onRequest: (request: DiameterMessage) => Promise<DiameterMessage | undefined>;
  /** Any message came. */
  readonly onMessage: (header: Header) => void;
  /** The connection has ended; called once. */
  readonly onClosed: (reason: string) => void;
}

/** What a connection needs. */
export interface ConnectionSettings {
  /** Who refuses a request that can't be read. */
  readonly origin: Origin;
  /** Requests that wait for an answer at most. */
  readonly maxPending: number;
}

/** Requests of the peer that are worked on at most; beyond, the socket is not read. */
const MAX_REQUESTS_IN_PROGRESS = 100;

interface Pending {
  readonly command: number;
  readonly endToEnd: number;
  readonly resolve: (answer: DiameterMessage) => void;
  readonly reject: (error: ZnError) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * One connection to a peer, over TCP or TLS: splits what comes into messages, matches answers to requests by
 * the Hop-by-Hop Identifier, and refuses requests that can't be read. It closes when the octets can't be
 * split into messages (RFC 6733 §3): a wrong version, a wrong length, a length over the bound.
 */
export class DiameterConnection {
  readonly #socket: Socket;
  readonly #settings: ConnectionSettings;
  readonly #handlers: ConnectionHandlers;
  readonly #splitter = new MessageSplitter();
  readonly #hopByHopIds = new HopByHopIds();
  readonly #pending = new Map<number, Pending>();
  #requestsInProgress = 0;
  #reason: string | undefined;
  #isClosed = false;

  constructor(socket: Socket, settings: ConnectionSettings, handlers: ConnectionHandlers) {
    this.#socket = socket;
    this.#settings = settings;
    this.#handlers = handlers;
    socket.setNoDelay(true);
    socket.on('data', (octets: Uint8Array) => this.#receive(octets));
    socket.on('drain', () => this.#resumeIfAble());
    socket.on('error', (error: NodeJS.ErrnoException) => this.destroy(error.code ?? 'socket-error'));
    socket.on('end', () => this.destroy('ended-by-peer'));
    socket.on('close', () => this.#closed());
  }

  /** Requests that wait for an answer. */
  get pending(): number {
    return this.#pending.size;
  }

  /**
   * Sends a request with the next Hop-by-Hop Identifier, and waits for its answer.
   * @param timeoutMs how long it waits
   * @throws ZnError `busy` (nothing was sent), `timeout`, `peer-down`, `bad-answer`
   */
  request(header: Header, avps: readonly Avp[], timeoutMs: number): Promise<DiameterMessage> {
    if (this.#isClosed) return Promise.reject(new ZnError('peer-down', 'the connection has ended'));
    if (this.#pending.size >= this.#settings.maxPending)
      return Promise.reject(new ZnError('busy', `${this.#pending.size} requests wait for an answer`));
    const hopByHop = this.#hopByHopIds.next();
    const { command, endToEnd } = header;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(hopByHop);
        reject(new ZnError('timeout', `no answer to command ${command} within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#pending.set(hopByHop, { command, endToEnd, resolve, reject, timer });
      this.send({ header: { ...header, hopByHop }, avps });
    });
  }

  /** Sends a request whose answer is only `onMessage`'s business. */
  sendRequest(header: Header, avps: readonly Avp[]): void {
    this.send({ header: { ...header, hopByHop: this.#hopByHopIds.next() }, avps });
  }

  /** Sends a message as it is. @throws DiameterError `bad-value`, `too-long` */
  send(message: DiameterMessage): void {
    if (this.#isClosed || !this.#socket.writable) return;
    if (!this.#socket.write(encodeMessage(message))) this.#socket.pause();
  }

  /** Rejects all requests that wait for an answer; an answer that still comes is ignored. */
  abandonPending(code: 'peer-down' | 'closed', why: string): void {
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new ZnError(code, why));
    }
    this.#pending.clear();
  }

  /** Ends the connection after what was sent is out, at latest after a second. */
  end(reason: string): void {
    this.#reason ??= reason;
    this.#socket.end();
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }

  /** Ends the connection now. */
  destroy(reason: string): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  #receive(octets: Uint8Array): void {
    try {
      for (const message of this.#splitter.push(octets)) {
        if (this.#isClosed) return;
        this.#take(message);
      }
    } catch (error) {
      if (!(error instanceof DiameterError)) throw error;
      this.destroy(`bad message: ${error.code}`);
    }
  }

  #take(octets: Uint8Array): void {
    const header = decodeHeader(octets);
    this.#handlers.onMessage(header);
    let message: DiameterMessage;
    try {
      message = decodeMessage(octets);
      if (header.isRequest && header.isError)
        throw new DiameterError('bad-header-bits', { field: 'command flags' });
    } catch (error) {
      if (!(error instanceof DiameterError)) throw error;
      if (header.isRequest)
        this.send(errorAnswer({ header, avps: [] }, this.#settings.origin, refusalOf(error)));
      else this.#settle(header, (pending) => pending.reject(badAnswer(error)));
      return;
    }
    if (header.isRequest) void this.#answer(message);
    else this.#settle(header, (pending) => pending.resolve(message));
  }

  /** Ends the wait of the request that an answer belongs to; one that belongs to none is ignored. */
  #settle({ hopByHop, command, endToEnd }: Header, end: (pending: Pending) => void): void {
    const pending = this.#pending.get(hopByHop);
    if (pending === undefined) return;
    this.#pending.delete(hopByHop);
    clearTimeout(pending.timer);
    if (pending.command === command && pending.endToEnd === endToEnd) end(pending);
    else pending.reject(new ZnError('bad-answer', 'the answer belongs to another request'));
  }

  async #answer(request: DiameterMessage): Promise<void> {
    this.#requestsInProgress++;
    if (this.#requestsInProgress >= MAX_REQUESTS_IN_PROGRESS) this.#socket.pause();
    const answer = await this.#handlers.onRequest(request).catch((error: unknown) => {
      if (error instanceof DiameterError)
        return errorAnswer(request, this.#settings.origin, refusalOf(error));
      return errorAnswer(request, this.#settings.origin, { resultCode: 5012, message: 'internal error' });
    });
    this.#requestsInProgress--;
    if (answer !== undefined) this.send(answer);
    this.#resumeIfAble();
  }

  #resumeIfAble(): void {
    const hasCapacity = this.#requestsInProgress < MAX_REQUESTS_IN_PROGRESS;
    if (hasCapacity && !this.#socket.writableNeedDrain) this.#socket.resume();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const reason = this.#reason ?? 'closed';
    this.abandonPending('peer-down', `the connection has ended: ${reason}`);
    this.#handlers.onClosed(reason);
  }
}

function badAnswer(cause: DiameterError): ZnError {
  return new ZnError('bad-answer', `the answer can't be read: ${cause.message}`, { cause });
}
