import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { hostAndPort } from '../../lib/address/host-and-port.ts';
import { DiameterServer } from '../../lib/zn/server.ts';
import { SbiServices } from './sbi.ts';
import { BsfSessions } from './sessions.ts';
import type { Subscriber } from './subscribers.ts';
import { Ub } from './ub.ts';
import { znAnswer } from './zn.ts';

/** The settings of the stand-in. */
export interface StandInBsfOptions {
  readonly subscribers: readonly Subscriber[];
  /** The domain of its B-TIDs, `bsf.home1.net` unless set. */
  readonly bsfName?: string;
  /** Numeric, 127.0.0.1 unless set: it gives keys to everybody, so it belongs on loopback. */
  readonly host?: string;
  /** TCP ports; 0, the default, takes a free one. */
  readonly ports?: { readonly ub?: number; readonly sbi?: number; readonly zn?: number };
  /** How long keys live, in ms: an hour unless set. */
  readonly lifetimeMs?: number;
  /** FQDNs of the NAFs that get keys; all do unless set. */
  readonly nafs?: readonly string[];
  /** ms since the epoch. */
  readonly now?: () => number;
}

/**
 * Stands in for an operator's BSF and HSS, and for an AAnF: Ub over HTTP/1.1, Nbsp_GBA and Naanf_AKMA over
 * HTTP/2 in cleartext, Zn over Diameter. For the local system and for tests: it authenticates no NAF.
 */
export class StandInBsf {
  readonly #ub: Ub;
  readonly #sessions: BsfSessions;
  readonly #ubServer: Server;
  readonly #sbiServer: Http2Server;
  readonly #sbiSessions = new Set<ServerHttp2Session>();
  readonly #zn: DiameterServer;
  readonly #host: string;

  private constructor(ub: Ub, sessions: BsfSessions, sbi: SbiServices, zn: DiameterServer, host: string) {
    this.#ub = ub;
    this.#sessions = sessions;
    this.#zn = zn;
    this.#host = host;
    this.#ubServer = createHttpServer(ub.listener);
    this.#sbiServer = createHttp2Server();
    this.#sbiServer.on('stream', sbi.listener);
    this.#sbiServer.on('session', (session) => {
      this.#sbiSessions.add(session);
      session.on('error', () => {});
      session.once('close', () => this.#sbiSessions.delete(session));
    });
  }

  /** Starts all of it. @throws the system's error when a port is taken */
  static async start(options: StandInBsfOptions): Promise<StandInBsf> {
    const { subscribers, bsfName = 'bsf.home1.net', host = '127.0.0.1', ports = {}, nafs } = options;
    const { lifetimeMs = 3_600_000, now = Date.now } = options;
    const sessions = new BsfSessions(now, (fqdn) => nafs === undefined || nafs.includes(fqdn));
    const ub = new Ub({ bsfName, subscribers, lifetimeMs, sessions, now });
    const sbi = new SbiServices({ sessions, subscribers, lifetimeMs: () => ub.lifetimeMs, now });
    const zn = await DiameterServer.listen(
      {
        origin: { host: bsfName, realm: bsfName.slice(bsfName.indexOf('.') + 1) },
        productName: 'bmsc stand-in BSF',
        host,
        port: ports.zn ?? 0,
      },
      async (request) => znAnswer(sessions, request),
    );
    const bsf = new StandInBsf(ub, sessions, sbi, zn, host);
    try {
      await listen(bsf.#ubServer, host, ports.ub ?? 0);
      await listen(bsf.#sbiServer, host, ports.sbi ?? 0);
    } catch (error) {
      await bsf.close();
      throw error;
    }
    return bsf;
  }

  /** Where a UE bootstraps. */
  get ubUrl(): URL {
    return new URL(`http://${hostAndPort({ address: this.#host, port: portOf(this.#ubServer) })}/`);
  }

  /** The apiRoot of Nbsp_GBA and of Naanf_AKMA, HTTP/2 with prior knowledge. */
  get apiRoot(): string {
    return `http://${hostAndPort({ address: this.#host, port: portOf(this.#sbiServer) })}`;
  }

  /** Where a Diameter peer connects. */
  get zn(): { readonly host: string; readonly port: number } {
    return { host: this.#host, port: this.#zn.port };
  }

  /** How long keys live from the next bootstrapping on, in ms. */
  set lifetimeMs(lifetimeMs: number) {
    this.#ub.lifetimeMs = lifetimeMs;
  }

  /** Forgets every B-TID, as a BSF does that is started anew. */
  forgetSessions(): void {
    this.#sessions.clear();
  }

  async close(): Promise<void> {
    this.#ubServer.closeAllConnections();
    for (const session of this.#sbiSessions) session.destroy();
    await Promise.all([closed(this.#ubServer), closed(this.#sbiServer), this.#zn.close()]);
  }
}

function listen(server: NetServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closed(server: NetServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function portOf(server: NetServer): number {
  return (server.address() as AddressInfo).port;
}
