import type { UeAddress } from '../address/ue-address.ts';
import type { MkiForm } from '../srtp/mki.ts';
import { formatKeyGroupRef, type KeyGroupRef } from '../store/key-group/key-group-item.ts';
import type { GroupOptions } from './group-socket.ts';
import type { ScheduleSettings } from './schedule.ts';

/** A User Service whose traffic is protected under the MSKs of one of its Key Groups. */
export interface TrafficStream extends GroupOptions {
  readonly serviceId: string;
  readonly keyGroup: KeyGroupRef;
  /** Where MTK messages go: a multicast group, or one address. */
  readonly mtks: UeAddress;
  readonly schedule: ScheduleSettings;
  /** Whether an MTK comes with a salt of 14 octets, the master salt of SRTP. */
  readonly salt: boolean;
  readonly mkiForm: MkiForm;
  /** Where plain RTP is taken, and where SRTP goes; undefined: somebody else encrypts. */
  readonly srtp: { readonly from: UeAddress; readonly to: UeAddress } | undefined;
  /** Path of a local socket for encoders that encrypt themselves; undefined: none. */
  readonly handOver: string | undefined;
  /** Whether MTKs are kept in the table, for other systems. */
  readonly isExported: boolean;
  /** How often the MSKs are looked at, in ms. */
  readonly lookMs: number;
  /** How long another instance is silent before this one takes its turn, in ms. */
  readonly patienceMs: number;
}

/** Tells streams apart. */
export function nameOfStream({ serviceId, keyGroup }: Pick<TrafficStream, 'serviceId' | 'keyGroup'>): string {
  return `${formatKeyGroupRef(keyGroup)}#${serviceId}`;
}

/**
 * Names the turn to send under a Key Group. A UE takes only growing counters under an MSK, so of all senders
 * under a Key Group one sends, whatever User Service they are for.
 */
export function turnOfStream({ keyGroup }: Pick<TrafficStream, 'keyGroup'>): string {
  return formatKeyGroupRef(keyGroup);
}
