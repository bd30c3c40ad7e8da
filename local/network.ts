import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UeAddress } from '../lib/address/ue-address.ts';
import { parseSimProfiles, type SimProfile } from '../lib/ue/bootstrapping/sim-profile.ts';
import { withResolvers } from '../lib/with-resolvers.ts';
import { PortTakenError } from './aws/listen.ts';
import { StandInBsf } from './bsf/stand-in-bsf.ts';
import { parseSubscribers } from './bsf/subscribers.ts';
import type { PartEnd } from './part-end.ts';
import { LOCAL_SETTINGS } from './synthesis.ts';
import { LocalZn } from './zn.ts';

/** Where the keys come from: the BSF of somebody else, or the stand-ins. */
export interface LocalNetworkOptions {
  /** Where the stand-ins and the Zn service listen; 127.0.0.1 unless set. */
  readonly loopback?: string;
  /** The TCP port of Ub of the first stand-in; 0, the default, takes a free one. */
  readonly bsfPort?: number;
  /** The apiRoot of somebody else's BSF. */
  readonly bsf?: URL | undefined;
  /** Somebody else's BSF as a Diameter peer. */
  readonly zn?: UeAddress | undefined;
}

/** The subscribers of the stand-ins: keys of the test sets of TS 35.208, which are published. */
export const SUBSCRIBERS_FILE = join(import.meta.dirname, 'bsf/subscribers.json');

/** The names of the stand-in BSFs, in their B-TIDs: one is asked over Nbsp_GBA, the other over Zn. */
const BSF_NAMES = { nbsp: 'bsf.home1.net', zn: 'bsf-zn.home1.net' } as const;

/** The realm of the BM-SC and of the BSFs. */
const REALM = 'home1.net';

/** Stand-ins for an operator's BSFs and AAnF, and the SIMs of their subscribers. */
export interface StandIns {
  readonly nbsp: StandInBsf;
  readonly zn: StandInBsf;
  readonly sims: readonly SimProfile[];
}

/**
 * The network that the local system has its keys from: two BSFs and an AAnF of its own, named stand-ins, or
 * the BSF of somebody else.
 */
export class LocalNetwork {
  /** The key sources, in JSON, as the Key Request function has them in its environment. */
  readonly keySources: string;
  /** Undefined with the BSF of somebody else, whose SIMs are not known here. */
  readonly standIns: StandIns | undefined;
  /** Resolves when a process ends unexpectedly. */
  readonly ended: Promise<PartEnd>;
  readonly #parts: readonly { readonly close: () => unknown }[];

  private constructor(
    keySources: object,
    standIns: StandIns | undefined,
    parts: readonly { readonly close: () => unknown }[],
    ended: Promise<PartEnd>,
  ) {
    this.keySources = JSON.stringify(keySources);
    this.standIns = standIns;
    this.#parts = parts;
    this.ended = ended;
  }

  /** @throws PortTakenError, Error with what the Zn service wrote when it could not start */
  static async start({
    bsf,
    zn,
    loopback = '127.0.0.1',
    bsfPort = 0,
  }: LocalNetworkOptions = {}): Promise<LocalNetwork> {
    const folder = mkdtempSync(join(tmpdir(), 'bmsc-network-'));
    const parts: { readonly close: () => unknown }[] = [
      { close: () => rmSync(folder, { recursive: true, force: true }) },
    ];
    const opened = <T extends { readonly close: () => unknown }>(part: T): T => {
      parts.push(part);
      return part;
    };
    const { promise: ended, resolve: onEnd } = withResolvers<PartEnd>();
    const startZn = async (peer: UeAddress) => {
      const logFile = join(folder, 'zn.log');
      const { nafFqdn } = LOCAL_SETTINGS;
      return opened(await LocalZn.start({ peer, address: loopback, realm: REALM, nafFqdn, logFile, onEnd }));
    };
    try {
      if (bsf !== undefined) return new LocalNetwork({ bsf: { apiRoot: bsf.href } }, undefined, parts, ended);
      if (zn !== undefined) {
        const { apiRoot } = await startZn(zn);
        return new LocalNetwork({ bsf: { apiRoot } }, undefined, parts, ended);
      }
      const text = readFileSync(SUBSCRIBERS_FILE, 'utf8');
      const subscribers = parseSubscribers(text);
      const sims = parseSimProfiles(text);
      const byNbsp = opened(
        await StandInBsf.start({
          subscribers,
          bsfName: BSF_NAMES.nbsp,
          host: loopback,
          ports: { ub: bsfPort },
        }),
      );
      const byZn = opened(await StandInBsf.start({ subscribers, bsfName: BSF_NAMES.zn, host: loopback }));
      const { apiRoot } = await startZn({ address: byZn.zn.host, port: byZn.zn.port });
      const bsfs = { apiRoot: byNbsp.apiRoot, domains: { [BSF_NAMES.zn]: apiRoot } };
      const keySources = { bsf: bsfs, aanf: { apiRoot: byNbsp.apiRoot } };
      return new LocalNetwork(keySources, { nbsp: byNbsp, zn: byZn, sims }, parts, ended);
    } catch (error) {
      await closeAll(parts);
      if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
        throw new PortTakenError(`port ${bsfPort} is taken by another program`, { cause: error });
      throw error;
    }
  }

  close(): Promise<void> {
    return closeAll(this.#parts);
  }
}

async function closeAll(parts: readonly { readonly close: () => unknown }[]): Promise<void> {
  for (const part of [...parts].reverse()) await part.close();
}
