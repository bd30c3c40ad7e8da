import { join } from 'node:path';
import { TRAFFIC_VARIABLE } from '../functions/environment-variables.ts';
import { environmentOfContainer } from './aws/task-environment.ts';
import type { ResolvedStacks } from './aws/template.ts';
import type { PartEnd } from './part-end.ts';
import { ServiceProcess } from './service-process.ts';

/** How the traffic key service is started. */
export interface LocalTrafficOptions {
  /** Variables in addition to those of the task definition. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logFolder: string;
  /** Called when the process ends unexpectedly. */
  readonly onEnd: (end: PartEnd) => void;
}

/**
 * Starts the traffic key service in a process of its own, where the stacks have one: the container's own
 * entry point, with the environment of its task definition.
 * @throws Error with what the service wrote when it could not start
 */
export async function startLocalTraffic(
  stacks: ResolvedStacks,
  { environment, logFolder, onEnd }: LocalTrafficOptions,
): Promise<readonly ServiceProcess[]> {
  const ofTask = environmentOfContainer(stacks, 'Traffic');
  if (ofTask === undefined) return [];
  const { process } = await ServiceProcess.start({
    what: 'the traffic key service',
    entry: 'functions/traffic/main.ts',
    environment: { ...environment, ...ofTask, [TRAFFIC_VARIABLE.healthPort]: '0' },
    portTaken: 'a UDP port of the traffic key service is taken by another program',
    logFile: join(logFolder, 'traffic.log'),
    onEnd,
  });
  return [process];
}
