import type { MrkRule } from '../../../lib/gba/mbms-keys.ts';
import { associationOf } from '../../../lib/ue/bootstrapping/associations.ts';
import { type BootstrappedSession, bootstrap } from '../../../lib/ue/bootstrapping/bootstrap.ts';
import { type SimProfile, simKeysOf } from '../../../lib/ue/bootstrapping/sim-profile.ts';
import { UeSim } from '../../../lib/ue/bootstrapping/ue-sim.ts';
import type { UeSecurityAssociation } from '../../../lib/ue/security-association.ts';
import { BsfUnderTest } from './subject.ts';

/** The SIM of the test subscriber: it tests the BSF, and then has the keys with which the BM-SC is tested. */
export class TestSim {
  readonly #profile: SimProfile;
  readonly #bsfUrl: URL;
  readonly #sim: UeSim;
  readonly #randomOctets: (length: number) => Uint8Array;

  /** @throws UeError `bad-sim` */
  constructor(profile: SimProfile, bsfUrl: URL, randomOctets: (length: number) => Uint8Array) {
    this.#profile = profile;
    this.#bsfUrl = bsfUrl;
    this.#sim = new UeSim({ ...simKeysOf(profile), sqn: profile.sqn });
    this.#randomOctets = randomOctets;
  }

  /** The BSF of this SIM. */
  subject(hasTmpi: boolean): BsfUnderTest {
    const [url, randomOctets] = [this.#bsfUrl, this.#randomOctets];
    const { impi } = this.#profile;
    return new BsfUnderTest({ url, impi, keys: simKeysOf(this.#profile), hasTmpi, randomOctets });
  }

  /** Runs Ub. @throws UeError as `bootstrap` */
  bootstrap(): Promise<BootstrappedSession> {
    const [bsfUrl, sim, randomOctets] = [this.#bsfUrl, this.#sim, this.#randomOctets];
    return bootstrap({ bsfUrl, sim, impi: this.#profile.impi, randomOctets });
  }

  /** The association that follows from a run, with GBA_U where the SIM has it. @throws GbaError */
  associationOf(session: BootstrappedSession, nafFqdn: string, mrkRule?: MrkRule): UeSecurityAssociation {
    const gbaType = this.#profile.gbaU ? 'GBA_U' : 'GBA_ME';
    return associationOf(session, { nafFqdn, gbaType, ...(mrkRule === undefined ? {} : { mrkRule }) });
  }
}
