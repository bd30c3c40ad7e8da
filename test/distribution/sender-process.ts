import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A sender in a process of its own. */
export interface SenderProcess {
  readonly udpPort: number;
  /** Process IDs of its workers, none where it has no others; on Linux only. */
  readonly workers: () => readonly number[];
  /** The sums of what it and its workers have reported to CloudWatch so far, by metric. */
  readonly counts: () => Readonly<Record<string, number>>;
  readonly ended: Promise<number | null>;
  /** Kills it, or stops it with SIGTERM, and waits for its end. */
  readonly end: (signal: 'SIGKILL' | 'SIGTERM') => Promise<number | null>;
}

/** Starts the container's own entry point. `execArgv` is for Node, and for that of its workers. */
export async function startSenderProcess(
  environment: Readonly<Record<string, string>>,
  execArgv: readonly string[] = [],
): Promise<SenderProcess> {
  const program = join(import.meta.dirname, '../../functions/key-distribution/main.ts');
  const child = fork(program, [], {
    env: { ...environment, PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    execArgv: [...execArgv],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const counts = countsIn(child);
  const udpPort = await new Promise<number>((resolve, reject) => {
    child.once('message', (message: { udpPort: number }) => resolve(message.udpPort));
    child.once('exit', (code) => reject(new Error(`the sender ended with code ${code}`)));
  });
  return {
    udpPort,
    workers: () => childrenOf(child.pid ?? 0),
    counts: () => Object.fromEntries(counts),
    ended,
    end: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return ended;
    },
  };
}

/** Process IDs of what that process has started and still runs; on Linux only. */
export function childrenOf(pid: number): readonly number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return list.split(' ').filter(Boolean).map(Number);
}

/** Lines of embedded metric format name their metrics and hold a value, or values, of each. */
function countsIn({ stdout }: ChildProcess): Map<string, number> {
  const counts = new Map<string, number>();
  if (stdout === null) return counts;
  createInterface({ input: stdout }).on('line', (line) => {
    const entry: Record<string, unknown> = JSON.parse(line);
    if (entry._aws === undefined) return;
    for (const [name, value] of Object.entries(entry))
      if (typeof value === 'number') counts.set(name, (counts.get(name) ?? 0) + value);
  });
  return counts;
}
