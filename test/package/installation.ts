import { execFile, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { withResolvers } from '../../lib/with-resolvers.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The versions of Node that the package is for, with their programs. `.ci/run` installs those before 24. */
export const NODES: readonly { readonly major: number; readonly program: string }[] = [20, 22, 24]
  .map((major) => ({ major, program: programOf(major) }))
  .filter(({ program }) => existsSync(program));

function programOf(major: number): string {
  const isThis = process.versions.node.startsWith(`${major}.`);
  return isThis ? process.execPath : join(ROOT, `.local/node-${major}/node_modules/.bin/node`);
}

/** What a program printed, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The CDK has 190 MB, and a registry may be slow. */
export const INSTALLATION_MS = 400_000;

/** A folder of a user's, outside the repository, with a Node of theirs. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'bmsc-consumer-'));
  readonly #path: string;

  /** @param node the program that `node`, `npm` and `npx` run on */
  constructor(node: string) {
    this.#path = [dirname(node), process.env.PATH].join(delimiter);
  }

  /** Copies a folder of the repository into the project. */
  copy(folder: string): this {
    cpSync(join(ROOT, folder), this.folder, { recursive: true });
    return this;
  }

  write(file: string, content: object): this {
    writeFileSync(join(this.folder, file), JSON.stringify(content));
    return this;
  }

  /** Installs packages, as a user does; a package that is for another Node is an error. @throws Error */
  install(...packages: readonly string[]): this {
    const options = ['--engine-strict', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
    const spawned = { ...this.#options(), encoding: 'utf8', timeout: INSTALLATION_MS } as const;
    const { status, stderr } = spawnSync('npm', ['install', ...options, ...packages], spawned);
    if (status !== 0) throw new Error(`npm install ${packages.join(' ')}: ${stderr}`);
    return this;
  }

  /** Runs a program to its end. */
  run(program: string, ...args: readonly string[]): Ended {
    const options = { ...this.#options(), encoding: 'utf8', timeout: INSTALLATION_MS } as const;
    const { status, stdout, stderr } = spawnSync(program, args, options);
    return { code: status, stdout, stderr };
  }

  /** The same while this process goes on. */
  start(program: string, ...args: readonly string[]): Promise<Ended> {
    return this.#begin(program, args).ended;
  }

  /** Runs a program of a package until its output has this text, then stops it. */
  startUntil(text: string, program: string, ...args: readonly string[]): Promise<Ended> {
    const { child, ended } = this.#begin(join(this.folder, 'node_modules/.bin', program), args);
    child.stdout?.on('data', (part: string) => part.includes(text) && child.kill('SIGTERM'));
    return ended;
  }

  #begin(program: string, args: readonly string[]) {
    const ending = withResolvers<Ended>();
    const child = execFile(program, args, this.#options(), (_, stdout, stderr) =>
      ending.resolve({ code: child.exitCode, stdout, stderr }),
    );
    return { child, ended: ending.promise };
  }

  #options() {
    // Nothing of the repository's npm reaches the user's.
    return { cwd: this.folder, env: { HOME: process.env.HOME, PATH: this.#path, NODE_ENV: '' } };
  }
}

const BLOCK = 4096;

/** Octets that a folder takes on a disk, as `du` counts them. */
export function octetsOnDisk(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => statSync(join(entry.parentPath, entry.name)).size)
    .reduce((sum, size) => sum + Math.ceil(size / BLOCK) * BLOCK, 0);
}
