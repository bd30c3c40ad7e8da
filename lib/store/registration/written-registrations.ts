import type { Btid } from '../../gba/btid.ts';
import type { Impi } from '../../gba/impi.ts';
import type { DeliveryAssociation } from '../association/delivery-association.ts';
import { locationOf } from '../encryption/sealed-batch.ts';
import { dataKeyIdOf } from '../encryption/sealed-octets.ts';
import { StoreError } from '../errors.ts';
import { JsonOctets, NotAsUsual } from './json-octets.ts';
import type { RegisteredUe } from './registration.ts';

/** The registrations of one answer, and whether more follow them. */
export interface WrittenRegistrations {
  readonly ues: readonly RegisteredUe[];
  readonly more: boolean;
}

/**
 * Reads registrations in the JSON of a query's answer, in one pass and without parsing what a push has no use
 * for. The result is that of `ueOfItem` for each item. undefined: something in it is not as the product
 * writes it, or can't be read, and the answer has to be parsed.
 */
export function readRegistrations(octets: Uint8Array, serviceId: string): WrittenRegistrations | undefined {
  try {
    return new RegistrationReader(octets, serviceId).read();
  } catch (error) {
    if (error instanceof NotAsUsual || error instanceof StoreError) return undefined;
    throw error;
  }
}

/** For errors that nobody reads. */
const NO_LOCATION = locationOf({ pkStart: '', sk: '', path: 'muk' }, '');

const SK_START = Buffer.from('IMPI#');

/** Not in an item. */
const NONE = -1;

/** Reads one answer. Of the item that is being read it has the places of its attributes. */
class RegistrationReader {
  readonly #json: JsonOctets;
  readonly #serviceId: string;
  /** Of all UEs that are registered and subscribed to this User Service and to no other. */
  readonly #onlyThis: readonly string[];
  readonly #muks: Uint8Array;
  #muksEnd = 0;
  readonly #ues: RegisteredUe[] = [];
  #more = false;
  // Where the texts of the attributes begin and end.
  #impi = NONE;
  #impiEnd = NONE;
  #btid = NONE;
  #btidEnd = NONE;
  #sk = NONE;
  #skEnd = NONE;
  #address = NONE;
  #addressEnd = NONE;
  #muk = NONE;
  #mukEnd = NONE;
  #bootstrappedAt = NONE;
  #expiresAt = NONE;
  #port = NONE;
  #hasCopyVersion = false;
  #isSubscribed = false;
  #alsoOf: string[] = [];

  constructor(octets: Uint8Array, serviceId: string) {
    this.#json = new JsonOctets(octets);
    this.#serviceId = serviceId;
    this.#onlyThis = [serviceId];
    // One for all: of four octets of Base64 come three.
    this.#muks = new Uint8Array((octets.length * 3) >> 2);
  }

  read(): WrittenRegistrations {
    const json = this.#json;
    json.eachMember(() => {
      if (json.isName('Items')) json.eachElement(() => this.#readItem());
      else {
        if (json.isName('LastEvaluatedKey')) this.#more = true;
        json.skipValue();
      }
    });
    json.expectEnd();
    return { ues: this.#ues, more: this.#more };
  }

  #readItem(): void {
    this.#forget();
    this.#json.eachMember(() => this.#readAttribute());
    this.#takeUe();
  }

  #forget(): void {
    this.#impi = this.#btid = this.#sk = this.#address = this.#muk = NONE;
    this.#bootstrappedAt = this.#expiresAt = this.#port = NONE;
    this.#hasCopyVersion = this.#isSubscribed = false;
    this.#alsoOf = [];
  }

  /** Names are told apart by their lengths first: most have one of their own. */
  #readAttribute(): void {
    const json = this.#json;
    switch (json.nameLength) {
      case 2:
        if (json.isName('sk')) this.#readSk();
        else json.skipValue();
        break;
      case 3:
        if (json.isName('muk')) this.#readMuk();
        else json.skipValue();
        break;
      case 4:
        if (json.isName('impi')) this.#readImpi();
        else if (json.isName('btid')) this.#readBtid();
        else json.skipValue();
        break;
      case 6:
        if (json.isName('uePort')) this.#port = json.attributeNumber();
        else if (json.isName('alsoOf')) this.#alsoOf = json.attributeTexts();
        else json.skipValue();
        break;
      case 9:
        if (json.isName('expiresAt')) this.#expiresAt = json.attributeNumber();
        else if (json.isName('ueAddress')) this.#readAddress();
        else json.skipValue();
        break;
      case 11:
        this.#hasCopyVersion ||= json.isName('copyVersion');
        json.skipValue();
        break;
      case 12:
        if (json.isName('isSubscribed')) this.#isSubscribed = json.attributeTruth();
        else json.skipValue();
        break;
      case 14:
        if (json.isName('bootstrappedAt')) this.#bootstrappedAt = json.attributeNumber();
        else json.skipValue();
        break;
      default:
        json.skipValue();
    }
  }

  #readSk(): void {
    this.#json.attributeText('S');
    this.#sk = this.#json.textStart;
    this.#skEnd = this.#json.textEnd;
  }

  #readImpi(): void {
    this.#json.attributeText('S');
    this.#impi = this.#json.textStart;
    this.#impiEnd = this.#json.textEnd;
    this.#json.expectNai(this.#impi, this.#impiEnd, 'impi');
  }

  #readBtid(): void {
    this.#json.attributeText('S');
    this.#btid = this.#json.textStart;
    this.#btidEnd = this.#json.textEnd;
    this.#json.expectNai(this.#btid, this.#btidEnd, 'btid');
  }

  #readAddress(): void {
    this.#json.attributeText('S');
    this.#address = this.#json.textStart;
    this.#addressEnd = this.#json.textEnd;
  }

  #readMuk(): void {
    this.#json.attributeText('B');
    this.#muk = this.#json.textStart;
    this.#mukEnd = this.#json.textEnd;
  }

  #takeUe(): void {
    if (this.#impi === NONE || this.#btid === NONE || this.#sk === NONE) throw new NotAsUsual();
    const json = this.#json;
    // The position of the page is made of the IMPI.
    if (!json.isJoined(this.#sk, this.#skEnd, SK_START, this.#impi, this.#impiEnd)) throw new NotAsUsual();
    const impi = json.text(this.#impi, this.#impiEnd) as Impi;
    const btid = json.text(this.#btid, this.#btidEnd) as Btid;
    const isCopied = this.#hasCopyVersion && this.#muk !== NONE;
    this.#ues.push({ impi, btid, copy: isCopied ? this.#copy(impi, btid) : undefined });
  }

  #copy(impi: Impi, btid: Btid): DeliveryAssociation {
    if (this.#bootstrappedAt === NONE || this.#expiresAt === NONE) throw new NotAsUsual();
    const json = this.#json;
    const muksStart = this.#muksEnd;
    this.#muksEnd = json.decodeBase64(this.#muk, this.#mukEnd, this.#muks, muksStart);
    const sealedMuk = this.#muks.subarray(muksStart, this.#muksEnd);
    const services = this.#services();
    const hasAddress = this.#address !== NONE && this.#port !== NONE;
    return {
      impi,
      btid,
      bootstrappedAt: this.#bootstrappedAt,
      expiresAt: this.#expiresAt,
      subscribed: services,
      registered: services,
      ueAddress: hasAddress
        ? { address: json.text(this.#address, this.#addressEnd), port: this.#port }
        : undefined,
      lastPullId: undefined,
      sealedMuk,
      dataKeyId: dataKeyIdOf(sealedMuk, NO_LOCATION),
    };
  }

  #services(): readonly string[] {
    if (!this.#isSubscribed) return this.#alsoOf;
    return this.#alsoOf.length === 0 ? this.#onlyThis : [this.#serviceId, ...this.#alsoOf];
  }
}
