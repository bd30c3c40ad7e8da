import type { UeAddress } from '../address/ue-address.ts';
import { openDatagramTransport } from '../distribution/transport/dgram-transport.ts';
import { UE_PORT_PARAMETER } from '../key-management/request-line.ts';
import { CURRENT_KEY_NUMBER, mskId } from '../keys/msk-id.ts';
import { createDigestClient, type DigestClient } from './digest-client.ts';
import { type HttpPost, httpPost } from './http-post.ts';
import { createKeyRequests, type KeyRequests, type MskAnswer } from './key-requests.ts';
import { createKeyRing, type KeyRing } from './key-ring.ts';
import { createMikeyReceiver, type ReceivedMikey } from './mikey-receiver.ts';
import type { UeSecurityAssociation } from './security-association.ts';

/** What happens at a UE, as it happens. */
export type UeEvent =
  | {
      readonly kind: 'received';
      readonly octets: Uint8Array;
      readonly from: UeAddress;
      readonly message: ReceivedMikey;
    }
  | { readonly kind: 'verification-sent'; readonly octets: Uint8Array; readonly to: UeAddress }
  | { readonly kind: 'pull-answered'; readonly answers: readonly MskAnswer[] }
  | { readonly kind: 'failed'; readonly error: unknown };

/** How a UE is set up. */
export interface UeOptions {
  readonly association: UeSecurityAssociation;
  readonly keyManagementUrl: URL;
  /** Numeric local address and UDP port for MIKEY; port 0 takes a free one, which requests then name. */
  readonly listen: UeAddress;
  readonly randomOctets: (length: number) => Uint8Array;
  readonly onEvent: (event: UeEvent) => void;
  readonly post?: HttpPost;
}

/** A UE that does its whole side of MSK delivery until it is closed. */
export interface Ue extends KeyRequests {
  readonly ring: KeyRing;
  readonly address: UeAddress;
  /**
   * Goes on with the association of a new bootstrapping: requests are made under it at once, and what the BM-SC
   * still sends under the one before is understood until it uses the new one.
   */
  readonly use: (association: UeSecurityAssociation) => void;
  readonly close: () => Promise<void>;
}

/**
 * Starts a UE: it takes MSKs over UDP, answers the V-bit, and on a solicited pull asks for the current MSK
 * of the Key Group by itself (TS 33.246 §6.3.2.2.4).
 */
export async function startUe(options: UeOptions): Promise<Ue> {
  const { onEvent, randomOctets, post = httpPost } = options;
  const ring = createKeyRing();
  const receiver = createMikeyReceiver(ring);

  const transport = await openDatagramTransport([options.listen]);
  transport.listen((octets, from) => {
    const message = receiver.receive(octets);
    onEvent({ kind: 'received', octets, from, message });
    if (message.kind === 'msk' && message.verification !== undefined) verify(message.verification, from);
    if (message.kind === 'solicited-pull') {
      const { keyDomainId, keyGroup } = message;
      requests.requestMsks([{ keyDomainId, mskId: mskId(keyGroup, CURRENT_KEY_NUMBER) }]).then(
        (answers) => onEvent({ kind: 'pull-answered', answers }),
        (error: unknown) => onEvent({ kind: 'failed', error }),
      );
    }
  });
  const verify = (octets: Uint8Array, to: UeAddress) => {
    transport.send(octets, to).then(
      () => onEvent({ kind: 'verification-sent', octets, to }),
      (error: unknown) => onEvent({ kind: 'failed', error }),
    );
  };
  const [address = options.listen] = transport.addresses;
  let client: DigestClient;
  const use = (association: UeSecurityAssociation) => {
    receiver.use(association);
    client = createDigestClient(association, post, randomOctets, () => receiver.confirm(association.btid));
  };
  use(options.association);
  const requests = createKeyRequests(
    { post: (...request) => client.post(...request) },
    options.keyManagementUrl,
    {
      [UE_PORT_PARAMETER]: String(address.port),
    },
  );
  return { ...requests, ring, address, use, close: () => transport.close() };
}
