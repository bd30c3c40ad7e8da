import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { btidOf } from '../../lib/gba/btid.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import type { UeSecurityAssociation } from '../../lib/ue/security-association.ts';
import { startUe, type Ue } from '../../lib/ue/ue.ts';
import { impiOf, OUT_OF_COVER, SERVICE, UES } from './story.ts';

/** How long UEs may take to register and to get their MSK, in ms. */
const ARRIVE_MS = 60_000;

interface Phone {
  readonly impi: string;
  readonly association: UeSecurityAssociation;
  readonly ksNaf: SecretKey;
  ue: Ue | undefined;
  port: number;
}

/** The UEs of the first subscribers, each with a socket of its own. */
export class Phones {
  readonly #phones: readonly Phone[];
  readonly #keyManagementUrl: URL;

  constructor(nafFqdn: string, keyManagementUrl: string) {
    this.#keyManagementUrl = new URL(keyManagementUrl);
    this.#phones = Array.from({ length: UES }, (_, index) => {
      const ksNaf = new SecretKey(randomBytes(32));
      const btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
      const association = { btid, nafFqdn, ...mukAndMrkOf({ type: 'GBA_ME', ksNaf }) };
      return { impi: impiOf(index + 1), association, ksNaf, ue: undefined, port: 0 };
    });
  }

  /** A file for `bmsc import associations`, with the keys that UE and BSF agreed on. */
  associationsFile(): string {
    const rows = this.#phones.map(({ impi, association, ksNaf }) => {
      const hex = Buffer.from(ksNaf.exposeOctets()).toString('hex');
      return `${association.btid},${impi},${hex}\n`;
    });
    return `bTid,impi,ksNaf\n${rows.join('')}`;
  }

  async act(act: 'switch-on' | 'lose-cover' | 'come-back'): Promise<void> {
    const hidden = this.#phones.slice(-OUT_OF_COVER);
    if (act === 'switch-on') return this.#switchOn();
    for (const phone of hidden) {
      if (act === 'lose-cover') await phone.ue?.close();
      // At the address at which the BM-SC knows it.
      else phone.ue = await this.#start(phone);
    }
  }

  async close(): Promise<void> {
    for (const { ue } of this.#phones) await ue?.close();
  }

  async #switchOn(): Promise<void> {
    const deadline = Date.now() + ARRIVE_MS;
    for (const phone of this.#phones) {
      phone.ue = await this.#start(phone);
      phone.port = phone.ue.address.port;
      await phone.ue.register([SERVICE]);
    }
    while (this.#phones.some(({ ue }) => ue?.ring.list().length === 0)) {
      if (Date.now() > deadline) throw new Error('a UE has not got its MSK');
      await delay(50);
    }
  }

  #start({ association, port }: Phone): Promise<Ue> {
    return startUe({
      association,
      keyManagementUrl: this.#keyManagementUrl,
      listen: { address: '127.0.0.1', port },
      randomOctets: (length) => randomBytes(length),
      onEvent: () => {},
    });
  }
}
