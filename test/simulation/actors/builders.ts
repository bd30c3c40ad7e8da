import { chooseBuilder, type NativeSetting } from '../../../functions/key-distribution/native.ts';

let loaded: ReturnType<typeof chooseBuilder> | undefined;

/** Reads the module of lib/native once: a sender that read it would wait for what is real. */
export async function loadBuilders(): Promise<void> {
  loaded ??= chooseBuilder('auto');
  await loaded;
}

/** As `chooseBuilder`, for simulated senders. All of a process share one module: each call is whole. */
export function builderOf(native: NativeSetting): ReturnType<typeof chooseBuilder> {
  if (native === 'off') return chooseBuilder(native);
  if (loaded === undefined) throw new Error('the builders are not loaded: warmUp comes first');
  return loaded;
}
