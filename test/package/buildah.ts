import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { baseImagesOf } from '../../packaging/base-image/dockerfiles.ts';
import { type Peer, runs } from '../peers.ts';

/** Builds images without a daemon, in folders of its own. */
export const BUILDAH: Peer = {
  name: 'buildah, with a busybox of one file',
  install: 'apt-get install buildah busybox-static, as root',
  isThere: () =>
    runs('buildah', ...STORES(join(tmpdir(), 'bmsc-buildah')), 'info') && runs('busybox', 'true'),
  // It needs the right to make namespaces.
  isDemandedInCi: false,
};

const STORES = (folder: string) => [
  '--storage-driver',
  'vfs',
  '--root',
  join(folder, 'images'),
  '--runroot',
  join(folder, 'run'),
];

/** A store of images that goes away. */
export class ImageStore {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bmsc-images-'));
  readonly #bases = new Set<string>();

  /**
   * Builds a folder's Dockerfile upon a stand-in for its base image, since no registry can be reached.
   * @throws Error with what buildah says
   */
  build(context: string, service: string): void {
    const copy = join(this.#folder, 'context');
    rmSync(copy, { recursive: true, force: true });
    cpSync(context, copy, { recursive: true });
    const dockerfile = readFileSync(join(context, `${service}.Dockerfile`), 'utf8');
    writeFileSync(join(copy, 'Dockerfile'), dockerfile.replaceAll(/@sha256:[0-9a-f]{64}/g, ''));
    for (const { image } of baseImagesOf(dockerfile)) this.#makeBase(image);
    this.#build(copy, service);
  }

  /** What the image says of itself. */
  inspect(tag: string): unknown {
    return JSON.parse(this.#run('inspect', '--type', 'image', tag)).OCIv1;
  }

  /** Runs what the image begins with, without any variable. @returns what it printed */
  start(tag: string, entrypoint: readonly string[]): string {
    const container = this.#run('from', '--pull-never', tag).trim();
    const args = [...STORES(this.#folder), 'run', '--isolation', 'chroot', container, '--', ...entrypoint];
    const { stdout, stderr } = spawnSync('buildah', args, { encoding: 'utf8', timeout: 30_000 });
    return stdout + stderr;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** This machine's Node, npm and busybox, under the name of the base image. */
  #makeBase(image: string): void {
    if (this.#bases.has(image)) return;
    this.#bases.add(image);
    const context = join(this.#folder, 'base');
    const put = (from: string, to: string) => {
      mkdirSync(dirname(join(context, to)), { recursive: true });
      cpSync(realpathSync(from), join(context, to), { recursive: true });
    };
    put(process.execPath, '/usr/local/bin/node');
    for (const library of librariesOf(process.execPath)) put(library, library);
    const busybox = spawnSync('which', ['busybox'], { encoding: 'utf8' }).stdout.trim();
    for (const name of ['sh', 'env', 'mkdir']) put(busybox, `/bin/${name}`);
    const npm = spawnSync('which', ['npm'], { encoding: 'utf8' }).stdout.trim();
    put(dirname(dirname(realpathSync(npm))), '/usr/local/lib/npm');
    writeFileSync(
      join(context, 'usr/local/bin/npm'),
      '#!/bin/sh\nexec node /usr/local/lib/npm/bin/npm-cli.js "$@"\n',
      { mode: 0o755 },
    );
    put('/etc/ssl/certs/ca-certificates.crt', '/etc/ssl/certs/ca-certificates.crt');
    put('/etc/resolv.conf', '/etc/resolv.conf');
    mkdirSync(join(context, 'tmp'));
    writeFileSync(join(context, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n');
    writeFileSync(
      join(context, 'Dockerfile'),
      'FROM scratch\nENV PATH=/usr/local/bin:/bin NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt\nCOPY . /\n',
    );
    this.#build(context, image);
  }

  #build(context: string, tag: string): void {
    this.#run('bud', '--isolation', 'chroot', '--pull-never', '--layers=false', '-t', tag, context);
  }

  #run(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('buildah', [...STORES(this.#folder), ...args], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`buildah ${args[0]}: ${stderr}${stdout}`);
    return stdout;
  }
}

/** The libraries that the loader takes for a program. */
function librariesOf(program: string): string[] {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
}
