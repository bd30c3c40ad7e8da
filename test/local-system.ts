import { inject } from 'vitest';
import { type LocalSystem, startLocalSystem } from '../local/system.ts';
import { freePorts } from './free-ports.ts';

/**
 * Starts a local system on free ports, from the stacks that test/synthesis.ts synthesized once for all tests.
 * @param senderEnvironment variables that replace or extend those of the sender's task definition
 */
export async function startTestSystem(
  senderEnvironment?: Readonly<Record<string, string>>,
): Promise<LocalSystem> {
  return startLocalSystem(await freePorts(), () => {}, senderEnvironment, inject('synthesis'));
}
