import { createHash } from 'node:crypto';
import type { BootstrappingInfo, BootstrappingInfoAnswer } from '../../lib/diameter/index.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { type KeyLookUp, ZnClient, type ZnClientSettings } from '../../lib/zn/client.ts';
import type { PeerEvent } from '../../lib/zn/peer.ts';
import { type BootstrappingInfoHandler, DiameterServer } from '../../lib/zn/server.ts';
import { BSF_ORIGIN, INFO, NAF_ORIGIN, REQUEST } from '../diameter/messages.ts';

/** The look-up of the vector, for another B-TID if one is given. */
export function wanted(bTid: string = REQUEST.bTid): KeyLookUp {
  const { nafId, gsIds, isGbaUAware } = REQUEST;
  return { bTid, nafId, gsIds, isGbaUAware };
}

/** A key that only this B-TID has. */
export function keyOf(bTid: string): SecretKey {
  return new SecretKey(createHash('sha256').update(bTid).digest());
}

/** What a BSF answers for a B-TID: a key of its own. */
export function found(bTid: string): BootstrappingInfoAnswer {
  const info: BootstrappingInfo = {
    ...INFO,
    meKeyMaterial: keyOf(bTid),
    uiccKeyMaterial: undefined,
    userSecuritySettings: [],
  };
  return { kind: 'found', info };
}

/** A BSF that knows every B-TID, unless the test has another handler. */
export function startBsf(
  handler: BootstrappingInfoHandler = async ({ bTid }) => found(bTid),
  port = 0,
): Promise<DiameterServer> {
  return DiameterServer.listen({ origin: BSF_ORIGIN, productName: 'bsf', port }, handler);
}

/** A client of these ports, once all of them are open. */
export async function openClient(...args: Parameters<typeof startClient>): Promise<ZnClient> {
  const client = startClient(...args);
  await until(() => client.openPeers === args[0].length);
  return client;
}

/** A client that starts to connect to these ports. */
export function startClient(
  ports: readonly number[],
  settings: Partial<ZnClientSettings> = {},
  peer: Partial<ZnClientSettings['peers'][number]> = {},
  events: PeerEvent[] = [],
): ZnClient {
  return new ZnClient(
    {
      origin: NAF_ORIGIN,
      destinationRealm: BSF_ORIGIN.realm,
      peers: ports.map((port) => ({
        host: '127.0.0.1',
        port,
        reconnectMs: { first: 20, max: 200 },
        ...peer,
      })),
      ...settings,
    },
    (event) => events.push(event),
  );
}

/** Waits until something holds. @throws Error after 5 s */
export async function until(holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 5000; !holds(); ) {
    if (Date.now() > deadline) throw new Error(`does not hold after 5 s: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
