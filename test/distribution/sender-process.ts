import { fork } from 'node:child_process';
import { join } from 'node:path';

/** A sender in a process of its own. */
export interface SenderProcess {
  /** Ends it as the kernel or the platform does, at once; or with SIGTERM, and then waits for its end. */
  readonly end: (signal: 'SIGKILL' | 'SIGTERM') => Promise<number | null>;
}

/** Starts the container's own entry point. */
export async function startSenderProcess(
  environment: Readonly<Record<string, string>>,
): Promise<SenderProcess> {
  const program = join(import.meta.dirname, '../../functions/key-distribution/main.ts');
  const child = fork(program, [], {
    env: { ...environment, PATH: process.env.PATH },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`the sender ended with code ${code}`)));
  });
  return {
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
      child.kill(signal);
      return exited;
    },
  };
}
