import { type ChildProcess, execFile, fork } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../cli/emulator/account.ts';
import { SENDER_VARIABLE } from '../../functions/environment-variables.ts';
import { endWithThisProcess } from './children.ts';
import { queueUrlAt } from './cloud.ts';

/** A sender process: the container's own entry point. */
export interface SenderProcess {
  readonly pid: number;
  readonly udpPort: number;
  readonly isRunning: () => boolean;
  /**
   * Process IDs of its workers; none where it has no others than itself, or the system does not tell in
   * /proc.
   */
  readonly workers: () => readonly number[];
  /** Ends it by a signal and resolves when it is gone. */
  readonly end: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void>;
  /**
   * Time of the processor that it has taken so far, without its workers, in s; undefined where the system
   * does not tell in /proc.
   */
  readonly cpuSeconds: () => number | undefined;
  /** Resident memory now, in MiB. */
  readonly rss: () => Promise<number>;
}

/** How a sender is started. */
export interface SenderOptions {
  readonly endpointUrl: string;
  /** The environment of the container, and what a scenario changes in it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** How wrong its clock is, in ms. */
  readonly clockSkewMs?: number;
  /** The entry point of another checkout. */
  readonly main?: string;
  /** A module that the process loads before its entry point. */
  readonly preload?: string;
}

const MAIN = join(import.meta.dirname, '../../functions/key-distribution/main.ts');
const SKEWED_CLOCK = join(import.meta.dirname, 'skewed-clock.ts');

const run = promisify(execFile);

/** Starts a sender on loopback, on a free port. */
export async function startSenderProcess(options: SenderOptions): Promise<SenderProcess> {
  const { endpointUrl, environment, logFile, clockSkewMs = 0, main = MAIN, preload } = options;
  const preloads = [
    ...(clockSkewMs === 0 ? [] : [SKEWED_CLOCK]),
    ...(preload === undefined ? [] : [preload]),
  ];
  const child = endWithThisProcess(
    fork(main, [], {
      execArgv: preloads.flatMap((module) => ['--import', module]),
      env: {
        AWS_ENDPOINT_URL: endpointUrl,
        AWS_REGION: LOCAL_REGION,
        AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
        AWS_EC2_METADATA_DISABLED: 'true',
        ...environment,
        [SENDER_VARIABLE.queueUrl]: queueUrlAt(endpointUrl, environment[SENDER_VARIABLE.queueUrl] ?? ''),
        [SENDER_VARIABLE.deadLetterQueueUrl]: queueUrlAt(
          endpointUrl,
          environment[SENDER_VARIABLE.deadLetterQueueUrl] ?? '',
        ),
        [SENDER_VARIABLE.udpAddresses]: '127.0.0.1',
        [SENDER_VARIABLE.udpPort]: '0',
        [SENDER_VARIABLE.healthPort]: '0',
        FAULTS_CLOCK_SKEW_MS: String(clockSkewMs),
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    }),
  );
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const udpPort = await new Promise<number>((resolve, reject) => {
    child.once('message', (message: { udpPort: number }) => resolve(message.udpPort));
    child.once('exit', (code) => reject(new Error(`the sender ended with code ${code}: see ${logFile}`)));
  });
  return {
    pid: child.pid ?? 0,
    udpPort,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    end: (signal) => end(child, signal),
    workers: () => workersOf(child.pid ?? 0),
    cpuSeconds: () => cpuSecondsOf(child.pid ?? 0),
    rss: async () => {
      const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(child.pid)]);
      return Number(stdout) / 1024;
    },
  };
}

function workersOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Fields 14 and 15 of /proc/<pid>/stat, in ticks of 10 ms; the second field may have blanks in it. */
function cpuSecondsOf(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exited;
}
