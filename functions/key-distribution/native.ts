import type { UeAddress } from '../../lib/address/ue-address.ts';
import { openDatagramTransport } from '../../lib/distribution/transport/dgram-transport.ts';
import { buildMskMessages } from '../../lib/mikey/message/msk-batch.ts';
import { checkVerificationMessages } from '../../lib/mikey/message/verification-batch.ts';
import type { BatchTransportOptions, ChosenBuilder, ChosenTransport } from '../../lib/native/index.ts';
import { openSealedKeys } from '../../lib/store/encryption/sealed-batch.ts';

/**
 * Whether the sender uses lib/native: `auto` where it is there and the machine can run it, `off` nowhere.
 * Both send the same datagrams. With `off` nothing of lib/native is even imported.
 */
export type NativeSetting = 'auto' | 'off';

/** A module of lib/native, or why the reference is used in its place. */
type NativeModule<Module> =
  | { readonly kind: 'module'; readonly module: Module }
  | { readonly kind: 'none'; readonly reason: string };

const importIndex = () => import('../../lib/native/index.ts');

async function importNative<Module>(
  native: NativeSetting,
  load: () => Promise<Module>,
): Promise<NativeModule<Module>> {
  if (native === 'off') return { kind: 'none', reason: 'switched off' };
  try {
    return { kind: 'module', module: await load() };
  } catch (error) {
    return { kind: 'none', reason: messageOf(error) };
  }
}

/**
 * The builder of MSK messages, the opener of sealed keys and the checker of verification messages:
 * WebAssembly with SIMD, or the reference.
 */
export async function chooseBuilder(native: NativeSetting): Promise<ChosenBuilder> {
  const loaded = await importNative(native, importIndex);
  if (loaded.kind === 'module') return loaded.module.loadMskBuilder();
  return {
    build: buildMskMessages,
    openSealedKeys,
    check: checkVerificationMessages,
    kind: 'node-crypto',
    reason: loaded.reason,
  };
}

/**
 * The UDP transport: batches of datagrams by system calls, or `node:dgram`.
 * @throws the system's error when an address can't be bound
 */
export async function openTransport(
  native: NativeSetting,
  local: readonly UeAddress[],
  options: BatchTransportOptions = {},
): Promise<ChosenTransport> {
  const loaded = await importNative(native, importIndex);
  if (loaded.kind === 'module') return loaded.module.openFastestTransport(local, options);
  const transport = await openDatagramTransport(local, options);
  return { transport, kind: 'dgram', reason: loaded.reason };
}

/** The sockets of the workers of a task. */
export interface WorkerSockets {
  /**
   * Of each worker the descriptors of its sockets, one for each address; undefined: workers bind their own.
   */
  readonly descriptors: readonly (readonly number[])[] | undefined;
  /** Undefined: the system steers each answer to its worker. Else why workers have to forward answers. */
  readonly notSteered: string | undefined;
}

/**
 * Binds sockets for each of `workers` to the addresses, whose ports are not 0, and has the system steer
 * answers among them; without lib/native it binds none.
 * @throws the system's error when an address can't be bound
 */
export async function bindWorkerSockets(
  native: NativeSetting,
  addresses: readonly UeAddress[],
  workers: number,
): Promise<WorkerSockets> {
  const loaded = await importNative(native, async () => {
    const { bindPortGroup, loadSystemCalls } = await importIndex();
    return { bindPortGroup, calls: await loadSystemCalls() };
  });
  if (loaded.kind === 'none') return { descriptors: undefined, notSteered: loaded.reason };
  const { bindPortGroup, calls } = loaded.module;
  return bindPortGroup(calls, addresses, workers);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
