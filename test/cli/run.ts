import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What a command did. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs, in a process group of its own as a terminal gives it. */
export interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly finished: Promise<Finished>;
  /** What Ctrl-C does: SIGINT to the whole group. */
  readonly interrupt: () => void;
}

export const ROOT = join(import.meta.dirname, '../..');

/** Starts a program in the repository. */
export function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return {
    child,
    output: () => stdout + stderr,
    finished: once(child, 'close').then(([code]) => ({ code, stdout, stderr })),
    interrupt: () => void (child.pid !== undefined && process.kill(-child.pid, 'SIGINT')),
  };
}

/** Runs `bmsc` to its end. */
export function bmsc(...args: readonly string[]): Promise<Finished> {
  return start(process.execPath, [join(ROOT, 'cli/bmsc.ts'), ...args]).finished;
}
