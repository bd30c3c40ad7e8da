import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What is timed: `deliver` only for the C program, from `answer` on only for contenders of ours. */
export type Mode = 'build' | 'send' | 'both' | 'deliver' | 'load' | 'whole';

/** One answer of a contender. */
export interface Timing {
  /** CPU time of its process for each message, in ns; for `heap-` octets of the heap. */
  readonly nsPerMessage: number;
  /** Octets of memory, 0 from the C program. */
  readonly rss: number;
}

/** A contender in a process of its own, asked round after round so that it stays warm. */
export interface Contender {
  /** What it says of itself at its start. */
  readonly says: string;
  /** @throws Error when a datagram was missing or other than it must be */
  readonly time: (
    mode: Mode | `heap-${'both' | 'whole'}`,
    batch: number,
    batches: number,
    means: string,
  ) => Promise<Timing>;
  readonly stop: () => void;
}

/**
 * Compiles the C program into `folder`, for this machine's own processor.
 * @throws Error with what the compiler says
 */
export function compileLimit(folder: string): string {
  const program = join(folder, 'limit');
  const source = join(import.meta.dirname, 'limit.c');
  const flags = ['-O3', '-march=native', '-Wno-deprecated-declarations'];
  const { status, stderr, error } = spawnSync('cc', [...flags, '-o', program, source, '-lcrypto']);
  if (status !== 0)
    throw new Error(`the bench needs a C compiler and OpenSSL's headers: ${error?.message ?? stderr}`);
  return program;
}

/** The C program over a file of inputs. */
export const startLimit = (program: string, inputs: string) => start(program, [inputs]);

/** Ours. */
export const startOurs = () => start(process.execPath, [join(import.meta.dirname, 'contender.ts')]);

async function start(command: string, given: readonly string[]): Promise<Contender> {
  const child: ChildProcess = spawn(command, given, { stdio: ['pipe', 'pipe', 'inherit'] });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('the contender has no pipes');
  const answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await answers.next();
    if (done) throw new Error(`${command} ended`);
    return String(value);
  };
  const says = await answer();
  return {
    says,
    time: async (mode, batch, batches, means) => {
      stdin.write(`${mode} ${batch} ${batches} ${means}\n`);
      const [ns = 0, messages = 0, wrong = 0, rss = 0] = (await answer()).split(' ').map(Number);
      if (wrong > 0 || messages === 0)
        throw new Error(
          `${mode} by ${means}: ${wrong} of ${messages} messages are missing or not as they must be`,
        );
      return { nsPerMessage: ns / messages, rss };
    },
    stop: () => child.kill(),
  };
}
