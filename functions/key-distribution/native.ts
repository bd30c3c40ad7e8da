import type { UeAddress } from '../../lib/address/ue-address.ts';
import {
  type DatagramListener,
  openDatagramTransport,
} from '../../lib/distribution/transport/datagram-transport.ts';
import { buildMskMessagesPlainly } from '../../lib/mikey/message/msk-batch.ts';
import type { ChosenBuilder } from '../../lib/native/module/load.ts';
import type { BatchTransportOptions } from '../../lib/native/udp/batch-transport.ts';
import type { ChosenTransport } from '../../lib/native/udp/open-transport.ts';
import type { SystemCalls } from '../../lib/native/udp/system-calls.ts';
import { openSealedKeysPlainly } from '../../lib/store/encryption/sealed-batch.ts';

/**
 * Whether the sender uses lib/native: `auto` where the machine can run it, `off` nowhere. Both send the same datagrams.
 * With `off` nothing of lib/native is even imported.
 */
export type NativeSetting = 'auto' | 'off';

/** Why the reference is used where an operator has switched lib/native off, for logs. */
const SWITCHED_OFF = 'switched off';

/** The builder of MSK messages and the opener of sealed keys: the WASM module, or the reference. */
export async function chooseBuilder(native: NativeSetting): Promise<ChosenBuilder> {
  if (native === 'off')
    return {
      build: buildMskMessagesPlainly,
      openSealedKeys: openSealedKeysPlainly,
      kind: 'node-crypto',
      reason: SWITCHED_OFF,
    };
  const { loadMskBuilder } = await import('../../lib/native/module/load.ts');
  return loadMskBuilder();
}

/**
 * The UDP transport: batches of datagrams by system calls, or `node:dgram`.
 * @throws the system's error when an address can't be bound
 */
export async function openTransport(
  native: NativeSetting,
  local: readonly UeAddress[],
  listener: DatagramListener,
  options: BatchTransportOptions,
): Promise<ChosenTransport> {
  if (native === 'off') {
    const transport = await openDatagramTransport(local, listener, options);
    return { transport, kind: 'dgram', reason: SWITCHED_OFF };
  }
  const { openFastestTransport } = await import('../../lib/native/udp/open-transport.ts');
  return openFastestTransport(local, listener, options);
}

/** The sockets of the workers of a task. */
export interface WorkerSockets {
  /** Of each worker the descriptors of its sockets, one for each address; undefined: workers bind their own. */
  readonly descriptors: readonly (readonly number[])[] | undefined;
  /** Undefined: the system steers each answer to its worker. Else why workers have to forward answers. */
  readonly notSteered: string | undefined;
}

/**
 * Binds sockets for each of `workers` to the addresses, whose ports are not 0, and has the system steer answers among
 * them; without lib/native it binds none.
 * @throws the system's error when an address can't be bound
 */
export async function bindWorkerSockets(
  native: NativeSetting,
  addresses: readonly UeAddress[],
  workers: number,
): Promise<WorkerSockets> {
  if (native === 'off') return { descriptors: undefined, notSteered: SWITCHED_OFF };
  const { loadSystemCalls } = await import('../../lib/native/udp/system-calls.ts');
  const { bindPortGroup } = await import('../../lib/native/udp/port-group.ts');
  let calls: SystemCalls;
  try {
    calls = await loadSystemCalls();
  } catch (error) {
    return { descriptors: undefined, notSteered: error instanceof Error ? error.message : String(error) };
  }
  return bindPortGroup(calls, addresses, workers);
}
