import { randomBytes } from 'node:crypto';
import { type Impi, parseImpi } from '../../lib/gba/impi.ts';
import type { KeySource } from '../../lib/key-source/key-source.ts';
import { NbspKeySource } from '../../lib/key-source/nbsp-key-source.ts';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { type BootstrappedSession, bootstrap } from '../../lib/ue/bootstrapping/bootstrap.ts';
import { UeSim } from '../../lib/ue/bootstrapping/ue-sim.ts';
import { StandInBsf } from '../../local/bsf/stand-in-bsf.ts';

/** The BSF of a BM-SC under test, with one subscriber whose SIM bootstraps. */
export class TestBsf {
  readonly sessions: BootstrappedSession[] = [];
  readonly keySource: KeySource;
  readonly #bsf: StandInBsf;
  readonly #impi: Impi;
  readonly #sim: UeSim;

  private constructor(bsf: StandInBsf, impi: Impi, sim: UeSim) {
    this.#bsf = bsf;
    this.#impi = impi;
    this.#sim = sim;
    this.keySource = new NbspKeySource({
      client: new SbiClient({ userAgent: 'AF-bmsc.home1.net', timeoutMs: 5000 }),
      apiRootOf: () => bsf.apiRoot,
      tokens: undefined,
      discovery: undefined,
      now: Date.now,
      nafFqdn: 'bmsc.home1.net',
      gbaU: false,
    });
  }

  static async start(): Promise<TestBsf> {
    const impi = parseImpi(`${randomBytes(6).toString('hex')}@home1.net`);
    const keys = { k: new SecretKey(randomBytes(16)), opc: new SecretKey(randomBytes(16)) };
    const settings = { sqn: 0, hasGbaU: false, keyChoice: undefined, akma: undefined };
    const subscriber = { impi, keys, amf: Uint8Array.of(0x80, 0), ...settings };
    return new TestBsf(await StandInBsf.start({ subscribers: [subscriber] }), impi, new UeSim(keys));
  }

  async bootstrap(): Promise<BootstrappedSession> {
    const [bsfUrl, sim, impi] = [this.#bsf.ubUrl, this.#sim, this.#impi];
    const session = await bootstrap({ bsfUrl, sim, impi, randomOctets: (length) => randomBytes(length) });
    this.sessions.push(session);
    return session;
  }

  async close(): Promise<void> {
    await this.keySource.close();
    await this.#bsf.close();
  }
}
