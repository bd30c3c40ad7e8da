import * as v from 'valibot';
import { type AkmaInput, akidOf } from '../../lib/gba/akma.ts';
import type { Btid } from '../../lib/gba/btid.ts';
import type { Impi } from '../../lib/gba/impi.ts';
import type { SimKeys } from '../../lib/gba/milenage.ts';
import { parsedJson, simEntries, simKeysOf } from '../../lib/ue/bootstrapping/sim-profile.ts';

/** A subscriber that the stand-in knows, as an HSS would. */
export interface Subscriber {
  readonly impi: Impi;
  readonly keys: SimKeys;
  /** 2 octets. */
  readonly amf: Uint8Array;
  /** The last SQN that the network used. */
  readonly sqn: number;
  /** Whether the UICC does GBA_U. */
  readonly hasGbaU: boolean;
  /** The key choice in the user security settings for MBMS; undefined for no settings. */
  readonly keyChoice: KeyChoice | undefined;
  /** What a primary authentication left, and the A-KID that follows. */
  readonly akma: (AkmaInput & { readonly akid: Btid }) | undefined;
}

const KEY_CHOICES = ['ME_BASED_KEY', 'UICC_BASED_KEY', 'ME_UICC_BASED_KEYS'] as const;
type KeyChoice = (typeof KEY_CHOICES)[number];

const subscribers = v.array(v.object({ ...simEntries, keyChoice: v.optional(v.picklist(KEY_CHOICES)) }));

/**
 * Subscribers of a file: an array of SIMs, each with `keyChoice` if it has user security settings. Each may
 * have members of the file of a SIM that only the UE needs.
 * @throws UeError `bad-sim`
 */
export function parseSubscribers(text: string): Subscriber[] {
  return parsedJson(text, subscribers).map((each) => ({
    impi: each.impi,
    keys: simKeysOf(each),
    amf: new Uint8Array(Buffer.from(each.amf, 'hex')),
    sqn: each.sqn,
    hasGbaU: each.gbaU,
    keyChoice: each.keyChoice,
    akma: each.akma && { kAusf: each.akma.kAusf, supi: each.akma.supi, akid: akidOf(each.akma) },
  }));
}
