import type { StreamInput } from '../../functions/traffic/streams.ts';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import { MKI_FORMS, type MkiForm } from '../../lib/srtp/mki.ts';

/** What is shown by `--stream`: where its messages and packets go. */
export interface DemonstrationStream extends StreamInput {
  readonly mtks: UeAddress;
  readonly srtp: { readonly from: UeAddress; readonly to: UeAddress };
  readonly mkiForm: MkiForm;
}

/** Key Group 5 of Key Domain 001-01. */
export const STREAM_GROUP = 0x0005;

/** An MTK is used for this long in the demonstration, in seconds. */
const CHANGE_S = 3;

/** The stream of the demonstration, over multicast on loopback. Ports follow from one that the user chose. */
export function demonstrationStream(loopback: string, port: number): DemonstrationStream {
  const group = '239.255.33.246';
  return {
    serviceId: 'urn:example:mbms:stream',
    keyGroup: '001-01/0005',
    mtks: { address: group, port },
    srtp: { from: { address: loopback, port: port + 1 }, to: { address: group, port: port + 2 } },
    mkiForm: MKI_FORMS[0],
    interface: loopback,
    hops: 1,
    repeatSeconds: 0.2,
    announceSeconds: 1.5,
    changeSeconds: CHANGE_S,
    lookSeconds: 0.2,
    patienceSeconds: 2,
  };
}
