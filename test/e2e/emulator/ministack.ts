import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The emulator that the test deploys to where none is named, from PyPI, in a folder of its own. */
const PACKAGES = ['ministack==1.5.33', 'hypercorn==0.18.0'];
const FOLDER = join(import.meta.dirname, '../../../.local/ministack');

/** How long it may take to answer, in ms. */
const START_MS = 30_000;

/** A running emulator. */
export interface Emulator {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * Installs ministack if need be and starts it on loopback.
 * @throws Error that says what is missing
 */
export async function startMinistack(port: number, say: (what: string) => void): Promise<Emulator> {
  const program = join(FOLDER, 'bin/ministack');
  if (!existsSync(program)) {
    say(`installing ${PACKAGES.join(' and ')} from PyPI`);
    mkdirSync(FOLDER, { recursive: true });
    run('python3', ['-m', 'venv', FOLDER]);
    run(join(FOLDER, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...PACKAGES]);
  }
  say('starting ministack');
  const child = spawn(program, [], {
    env: {
      ...process.env,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      IOT_MTLS_ENABLED: '0',
      // Functions run on the node of the PATH, which npm has set to the version of the Lambda runtime.
      LAMBDA_EXECUTOR: 'local',
    },
    cwd: FOLDER,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const log = createWriteStream(join(FOLDER, 'ministack.log'));
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  // By the name that it puts into URLs of queues itself.
  const url = `http://localhost:${port}`;
  const stop = () => stopGroup(child);
  try {
    await untilAnswers(url, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

async function untilAnswers(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`ministack ended with code ${child.exitCode}: see ${FOLDER}`);
    const isUp = await fetch(`${url}/_localstack/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await delay(100);
  }
  throw new Error(`ministack did not answer at ${url} in ${START_MS / 1000} s: see ${FOLDER}`);
}

/** With the processes that its functions run in. */
async function stopGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGTERM');
  const isGone = await Promise.race([gone.then(() => true), delay(5000, false)]);
  if (!isGone) process.kill(-child.pid, 'SIGKILL');
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (error !== undefined) throw new Error(`${command} is needed to install ministack: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with code ${status}`);
}
