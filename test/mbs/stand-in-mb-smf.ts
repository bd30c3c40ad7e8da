import type { ServerHttp2Stream } from 'node:http2';
import { type Received, TestNetworkFunction } from '../key-source/network.ts';

/** An MBS session as it came, with its security context. */
export interface KeptSession {
  readonly serviceType?: string;
  readonly mbsSessionId?: unknown;
  mbsSecurityContext?: { keyList: Record<string, { mskId: string; msk: string }> };
}

/** An answer in place of the one that a request would have. */
export interface OtherAnswer {
  readonly status: number;
  readonly cause?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Do not answer. */
  readonly isSilent?: boolean;
  /** The body of the answer, in place of problem details. */
  readonly value?: object;
}

/** A request with its answer. */
export interface MbSmfExchange extends Received {
  readonly answer: { status: number; body: string; type: string; headers: Readonly<Record<string, string>> };
}

/** A subscription as it came (MbsSessionSubscription). */
export interface KeptSubscription {
  readonly mbsSessionId?: unknown;
  readonly eventList: readonly { readonly eventType: string }[];
  readonly notifyUri: string;
  readonly notifyCorrelationId?: string;
  expiryTime?: string;
}

const COLLECTION = '/nmbsmf-mbssession/v1/mbs-sessions';
const SUBSCRIPTIONS = `${COLLECTION}/subscriptions`;

/** Stands in for an MB-SMF: it keeps MBS sessions, and refuses as a test says. */
export class StandInMbSmf {
  readonly sessions = new Map<string, KeptSession>();
  readonly subscriptions = new Map<string, KeptSubscription>();
  /** The latest time that a subscription may end; undefined: any. */
  lastExpiry: string | undefined;
  /** Events that stand in the answer to a subscription. */
  happened: readonly { readonly eventType: string }[] = [];
  readonly exchanges: MbSmfExchange[] = [];
  /** Asked before each request; what it gives is answered. */
  otherwise: (received: Received) => OtherAnswer | undefined = () => undefined;
  readonly #network: TestNetworkFunction;
  #made = 0;

  private constructor(network: TestNetworkFunction) {
    this.#network = network;
    network.answer = (stream, received) => this.#answer(stream, received);
  }

  static async start(): Promise<StandInMbSmf> {
    return new StandInMbSmf(await TestNetworkFunction.start(() => undefined));
  }

  get apiRoot(): string {
    return this.#network.apiRoot;
  }

  stop(): Promise<void> {
    return this.#network.stop();
  }

  /** Method and status of each request, since the last time that somebody looked. */
  seen(): string[] {
    return this.exchanges.splice(0).map(({ method, answer }) => `${method} ${answer.status}`);
  }

  #answer(stream: ServerHttp2Stream, received: Received): void {
    const other = this.otherwise(received);
    if (other?.isSilent === true) return;
    this.#send(stream, received, other === undefined ? this.#carryOut(received) : answerOf(other));
  }

  #carryOut(received: Received): Answer {
    const { method, path, body } = received;
    if (path.startsWith(SUBSCRIPTIONS)) return this.#subscribe(received);
    if (method === 'POST' && path === COLLECTION) {
      this.#made += 1;
      const ref = `${this.#made}`;
      const { mbsSession } = JSON.parse(body);
      this.sessions.set(ref, mbsSession);
      // A new TMGI where one was asked for; the type of service is for requests alone.
      const { mbsSessionId = { tmgi: { mbsServiceId: 'ffffff', plmnId: { mcc: '001', mnc: '01' } } } } =
        mbsSession;
      const location = `${this.apiRoot}${COLLECTION}/${ref}`;
      return { status: 201, headers: { location }, value: { mbsSession: { mbsSessionId } } };
    }
    const ref = path.slice(COLLECTION.length + 1);
    const kept = this.sessions.get(ref);
    if (kept === undefined) return { status: 404, problem: { status: 404, cause: 'MBS_SESSION_NOT_FOUND' } };
    if (method === 'DELETE') this.sessions.delete(ref);
    else for (const { value } of JSON.parse(body)) kept.mbsSecurityContext = value;
    return { status: 204 };
  }

  #subscribe({ method, path, body }: Received): Answer {
    const kept = (its: KeptSubscription) => {
      const { lastExpiry = its.expiryTime } = this;
      return { ...its, ...(lastExpiry === undefined ? {} : { expiryTime: lastExpiry }) };
    };
    if (method === 'POST') {
      this.#made += 1;
      const ref = `${this.#made}`;
      const subscription = kept(JSON.parse(body).subscription);
      this.subscriptions.set(ref, subscription);
      const eventList = this.happened.length === 0 ? {} : { eventList: { eventReportList: this.happened } };
      const mbsSessionSubscUri = `${this.apiRoot}${SUBSCRIPTIONS}/${ref}`;
      return { status: 201, value: { subscription: { ...subscription, mbsSessionSubscUri }, ...eventList } };
    }
    const ref = path.slice(SUBSCRIPTIONS.length + 1);
    const subscription = this.subscriptions.get(ref);
    if (subscription === undefined) return { status: 404, problem: { status: 404 } };
    if (method === 'DELETE') {
      this.subscriptions.delete(ref);
      return { status: 204 };
    }
    const [{ value }] = JSON.parse(body);
    const renewed = kept({ ...subscription, expiryTime: value });
    this.subscriptions.set(ref, renewed);
    return { status: 200, value: renewed };
  }

  #send(
    stream: ServerHttp2Stream,
    received: Received,
    { status, headers = {}, value, problem }: Answer,
  ): void {
    const type = problem === undefined ? 'application/json' : 'application/problem+json';
    const body = value === undefined && problem === undefined ? '' : JSON.stringify(value ?? problem);
    this.exchanges.push({ ...received, answer: { status, body, type, headers } });
    stream.respond({ ':status': status, ...(body === '' ? {} : { 'content-type': type }), ...headers });
    stream.end(body);
  }
}

function answerOf({ status, cause, headers = {}, value }: OtherAnswer): Answer {
  if (value !== undefined) return { status, headers, value };
  if (status === 204) return { status, headers };
  return { status, headers, problem: { status, ...(cause && { cause }) } };
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly value?: object;
  readonly problem?: object;
}
