import type { UeAddress } from '../../address/ue-address.ts';
import type { Btid } from '../../gba/btid.ts';
import type { Impi } from '../../gba/impi.ts';
import { type SecretKey, SecretKeys } from '../../keys/secret-key.ts';
import type { Recipient } from '../recipients/recipient.ts';
import { PackedTexts } from './packed-texts.ts';

/** Texts of one recipient: IMPI, B-TID and address. */
const TEXTS = 3;

/**
 * The recipients of one order, in arrays: a sender may wait for a million UEs, and objects for each of them
 * would take several times as much memory.
 */
export class PackedRecipients {
  readonly size: number;
  readonly #texts: PackedTexts;
  readonly #muks: SecretKeys;
  readonly #ports: Uint16Array;
  readonly #bootstrappedAt: Float64Array;
  readonly #expiresAt: Float64Array;

  constructor(recipients: readonly Recipient[]) {
    const size = recipients.length;
    this.size = size;
    const texts: string[] = new Array(size * TEXTS);
    const muks: SecretKey[] = new Array(size);
    this.#ports = new Uint16Array(size);
    this.#bootstrappedAt = new Float64Array(size);
    this.#expiresAt = new Float64Array(size);
    for (let index = 0; index < size; index++) {
      const { impi, btid, address, muk, bootstrappedAt, expiresAt } = recipients[index] as Recipient;
      texts[index * TEXTS] = impi;
      texts[index * TEXTS + 1] = btid;
      texts[index * TEXTS + 2] = address.address;
      muks[index] = muk;
      this.#ports[index] = address.port;
      this.#bootstrappedAt[index] = bootstrappedAt;
      this.#expiresAt[index] = expiresAt;
    }
    this.#texts = new PackedTexts(texts);
    this.#muks = new SecretKeys(muks);
  }

  impi(index: number): Impi {
    return this.#texts.at(index * TEXTS) as Impi;
  }

  btid(index: number): Btid {
    return this.#texts.at(index * TEXTS + 1) as Btid;
  }

  /** The B-TID as octets, which are not a copy. */
  btidOctets(index: number): Uint8Array {
    return this.#texts.octetsAt(index * TEXTS + 1);
  }

  address(index: number): UeAddress {
    return { address: this.#texts.at(index * TEXTS + 2), port: this.#ports[index] ?? 0 };
  }

  muk(index: number): SecretKey {
    return this.#muks.at(index);
  }

  /** ms since the epoch */
  bootstrappedAt(index: number): number {
    return this.#bootstrappedAt[index] ?? 0;
  }

  /** ms since the epoch; may be infinite */
  expiresAt(index: number): number {
    return this.#expiresAt[index] ?? 0;
  }
}

/** A recipient as a view: its values are read when they are asked for. */
export class PackedRecipient implements Recipient {
  readonly #all: PackedRecipients;
  readonly #index: number;

  constructor(all: PackedRecipients, index: number) {
    this.#all = all;
    this.#index = index;
  }

  get impi(): Impi {
    return this.#all.impi(this.#index);
  }

  get btid(): Btid {
    return this.#all.btid(this.#index);
  }

  get muk(): SecretKey {
    return this.#all.muk(this.#index);
  }

  get bootstrappedAt(): number {
    return this.#all.bootstrappedAt(this.#index);
  }

  get expiresAt(): number {
    return this.#all.expiresAt(this.#index);
  }

  get address(): UeAddress {
    return this.#all.address(this.#index);
  }
}
