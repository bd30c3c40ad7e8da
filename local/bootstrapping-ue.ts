import { randomBytes } from 'node:crypto';
import { akmaAssociationOf, associationOf } from '../lib/ue/bootstrapping/associations.ts';
import { bootstrap } from '../lib/ue/bootstrapping/bootstrap.ts';
import { type SimProfile, simKeysOf } from '../lib/ue/bootstrapping/sim-profile.ts';
import { UeSim } from '../lib/ue/bootstrapping/ue-sim.ts';
import type { UeSecurityAssociation } from '../lib/ue/security-association.ts';

/** A SIM of the local network, which makes associations with the BM-SC. */
export class BootstrappingUe {
  readonly #profile: SimProfile;
  readonly #sim: UeSim;
  readonly #bsfUrl: URL;
  readonly #nafFqdn: string;

  constructor(profile: SimProfile, bsfUrl: URL, nafFqdn: string) {
    this.#profile = profile;
    this.#sim = new UeSim({ ...simKeysOf(profile), sqn: profile.sqn });
    this.#bsfUrl = bsfUrl;
    this.#nafFqdn = nafFqdn;
  }

  /** An association by GBA: a run of Ub. @throws UeError */
  async bootstrap(): Promise<UeSecurityAssociation> {
    const { impi, gbaU } = this.#profile;
    const randomOctets = (length: number) => randomBytes(length);
    const session = await bootstrap({ bsfUrl: this.#bsfUrl, sim: this.#sim, impi, randomOctets });
    return associationOf(session, { nafFqdn: this.#nafFqdn, gbaType: gbaU ? 'GBA_U' : 'GBA_ME' });
  }

  /** An association by AKMA, without a run of Ub. Undefined for a SIM that has no keys for it. */
  akmaAssociation(): UeSecurityAssociation | undefined {
    const { akma } = this.#profile;
    return akma && akmaAssociationOf(akma, this.#nafFqdn);
  }
}
