import type { MrkRule } from '../../gba/mbms-keys.ts';
import type { UeSecurityAssociation } from '../security-association.ts';
import { associationOf } from './associations.ts';
import { bootstrap } from './bootstrap.ts';
import { type SimProfile, simKeysOf } from './sim-profile.ts';
import { UeSim } from './ue-sim.ts';

/** The BSF and the BM-SC of a SIM. */
export interface SimAssociationsOptions {
  readonly bsfUrl: URL;
  /** FQDN of the BM-SC as a NAF. */
  readonly nafFqdn: string;
  readonly mrkRule?: MrkRule;
  readonly randomOctets: (length: number) => Uint8Array;
}

/** Makes associations with one BM-SC from a SIM, one for each run of Ub. SQN counts on from run to run. */
export class SimAssociations {
  readonly #profile: SimProfile;
  readonly #sim: UeSim;
  readonly #options: SimAssociationsOptions;

  /** @throws UeError `bad-sim` */
  constructor(profile: SimProfile, options: SimAssociationsOptions) {
    this.#profile = profile;
    this.#sim = new UeSim({ ...simKeysOf(profile), sqn: profile.sqn });
    this.#options = options;
  }

  /** Runs Ub, and derives the association: with GBA_U where the SIM has it. @throws UeError */
  async bootstrap(): Promise<UeSecurityAssociation> {
    const { impi, gbaU } = this.#profile;
    const { bsfUrl, randomOctets, ...naf } = this.#options;
    const session = await bootstrap({ bsfUrl, sim: this.#sim, impi, randomOctets });
    return associationOf(session, { ...naf, gbaType: gbaU ? 'GBA_U' : 'GBA_ME' });
  }
}
