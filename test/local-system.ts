import { inject } from 'vitest';
import { DEFAULT_HOST, localHostOf } from '../local/host.ts';
import type { Synthesis } from '../local/synthesis.ts';
import { type EnvironmentChanges, type LocalSystem, startLocalSystem } from '../local/system.ts';
import { freePorts } from './free-ports.ts';

/**
 * Starts a local system on free ports, from the stacks that test/synthesis.ts synthesized once for all tests.
 * @param address as `npm start` has it for `--host`
 * @param synthesis stacks of the test's own
 */
export async function startTestSystem(
  changes?: EnvironmentChanges,
  address = DEFAULT_HOST,
  synthesis: Synthesis = inject('synthesis'),
): Promise<LocalSystem> {
  const ports = { ...(await freePorts(address)), host: localHostOf(address) };
  return startLocalSystem(ports, () => {}, changes, synthesis);
}
