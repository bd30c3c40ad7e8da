import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
const DOCKERFILE = join(ROOT, 'functions/key-distribution/Dockerfile');

/** An image that no Docker made: each stage of the Dockerfile is a folder that stands for its root. */
export interface BuiltTree {
  /** What ENTRYPOINT runs, in the folder that WORKDIR names. */
  readonly entrypoint: readonly string[];
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Follows a Dockerfile's steps in an empty directory tree: COPY, RUN and WORKDIR in the folders of their
 * stage, with the machine's own Node in place of the base image's. Only what the sender's Dockerfile uses is
 * known.
 * @throws Error that names the step
 */
export function followDockerfile(
  tree: string,
  sources: readonly string[],
  environment: NodeJS.ProcessEnv,
): BuiltTree {
  let env = environment;
  const stages = new Map<string, string>();
  let root = '';
  let workdir = '';
  let stageEnv: Record<string, string> = {};
  let entrypoint: readonly string[] = [];
  for (const [word, rest] of stepsOf(readFileSync(DOCKERFILE, 'utf8'))) {
    switch (word) {
      case 'FROM': {
        const name = / AS (\S+)/i.exec(rest)?.[1] ?? 'final';
        root = join(tree, name);
        stages.set(name, root);
        stageEnv = {};
        break;
      }
      case 'WORKDIR':
        workdir = join(root, rest);
        mkdirSync(workdir, { recursive: true });
        break;
      case 'COPY':
        copy(rest, { stages, sources, workdir });
        break;
      case 'RUN':
        if (spawnSync('sh', ['-c', rest], { cwd: workdir, env, stdio: ['ignore', 2, 2] }).status !== 0)
          throw new Error(`the Dockerfile's step failed: RUN ${rest}`);
        break;
      case 'ENV': {
        const [name = '', value = ''] = rest.split('=');
        // Programs are those of this machine.
        if (name !== 'PATH') stageEnv = { ...stageEnv, [name]: value };
        break;
      }
      case 'ENTRYPOINT':
        entrypoint = JSON.parse(rest);
        break;
      case 'ARG':
        env = { ...env, ...builtin(rest) };
        break;
      case 'USER':
      case 'EXPOSE':
      case 'HEALTHCHECK':
        break;
      default:
        throw new Error(`the Dockerfile has a step that is not known here: ${word}`);
    }
  }
  return { entrypoint, workdir, env: stageEnv };
}

/** What BuildKit says of the image's platform: here that of this machine. */
function builtin(name: string): Readonly<Record<string, string>> {
  if (name !== 'TARGETARCH')
    throw new Error(`the Dockerfile has an argument that is not known here: ${name}`);
  return { TARGETARCH: process.arch === 'x64' ? 'amd64' : process.arch };
}

function copy(
  rest: string,
  at: { stages: ReadonlyMap<string, string>; sources: readonly string[]; workdir: string },
): void {
  const words = rest.split(/\s+/);
  const from = /^--from=(\S+)/.exec(words[0] ?? '')?.[1];
  // What the stage of the base image gives, this machine has.
  if (from === 'node') return;
  const [target = '', ...names] = (from === undefined ? words : words.slice(1)).reverse();
  for (const name of names) {
    if (from === undefined && !at.sources.includes(name))
      throw new Error(`the Dockerfile copies ${name}, which is not in the image's sources`);
    const source = join(from === undefined ? ROOT : (at.stages.get(from) ?? ''), name);
    const isFolderTarget = target.endsWith('/');
    cpSync(source, join(at.workdir, isFolderTarget ? (name.split('/').at(-1) ?? '') : target), {
      recursive: true,
    });
  }
}

function stepsOf(text: string): [word: string, rest: string][] {
  return text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, word = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [];
      return [word, rest];
    });
}
