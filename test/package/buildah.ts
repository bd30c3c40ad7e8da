import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Peer, runs } from '../peers.ts';
import type { Registry } from './registry.ts';

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

/** The platforms of Fargate. */
export const PLATFORMS = ['linux/amd64', 'linux/arm64'];
/** The folders with the libraries of this machine's Node. */
const LIBRARIES = ['/lib', '/lib64'];

/** Builds images for a registry; what it stores goes away. */
export class ImageBuilder {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bmsc-images-'));
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Builds a service's Dockerfile for all platforms and pushes it, as `docker buildx` does. @throws Error */
  build(context: string, service: string): void {
    this.#build(context, service, join(context, `${service}.Dockerfile`));
  }

  /**
   * Runs what the image begins with, without any variable. Libraries of this machine stand in for those that
   * Alpine's Node is linked with. @returns what it printed
   */
  start(service: string, entrypoint: readonly string[]): string {
    const container = this.#run(
      'from',
      '--tls-verify=false',
      `${this.#registry.host}/${service}:latest`,
    ).trim();
    const mounts = LIBRARIES.flatMap((folder) => ['--volume', `${folder}:${folder}:ro`]);
    const args = ['run', '--isolation', 'chroot', ...mounts, container, '--', ...entrypoint];
    const { stdout, stderr } = this.#spawn(args);
    return stdout + stderr;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * Pushes a stand-in for a base image of Node on Alpine: this machine's Node, npm and busybox where Alpine
   * has its own, for both platforms. Nothing of the arm64 image is run.
   */
  pushBase(image: string): void {
    const context = join(this.#folder, 'base');
    const put = (from: string, to: string) => {
      mkdirSync(dirname(join(context, to)), { recursive: true });
      cpSync(realpathSync(from), join(context, to), { recursive: true });
    };
    put(process.execPath, '/usr/local/bin/node');
    for (const library of librariesOf(process.execPath)) put(library, library);
    // Where Alpine has them, one as a link.
    put('/usr/bin/busybox', '/lib/ld-musl-x86_64.so.1');
    for (const name of ['libstdc++.so.6', 'libgcc_s.so.1']) {
      const library = librariesOf(process.execPath).find((each) => basename(each) === name) ?? '';
      put(library, `/usr/lib/${name}.real`);
      symlinkSync(`${name}.real`, join(context, 'usr/lib', name));
    }
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
    writeFileSync(join(context, 'etc/group'), 'root:x:0:\nnode:x:1000:\n');
    writeFileSync(
      join(context, 'Dockerfile'),
      'FROM scratch\nENV PATH=/usr/local/bin:/bin NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt\nCOPY . /\n',
    );
    this.#build(context, `library/${image}`, join(context, 'Dockerfile'));
  }

  #build(context: string, name: string, dockerfile: string): void {
    const list = name.replaceAll(/[/:]/g, '-');
    const target = `docker://${this.#registry.host}/${name.includes(':') ? name : `${name}:latest`}`;
    const how = ['--isolation', 'chroot', '--layers=false', '--platform', PLATFORMS.join(',')];
    this.#run('bud', ...how, '--manifest', list, '--file', dockerfile, context);
    this.#run('manifest', 'push', '--tls-verify=false', '--all', '--format', 'oci', list, target);
  }

  #run(...args: readonly string[]): string {
    const { status, stdout, stderr } = this.#spawn(args);
    if (status !== 0) throw new Error(`buildah ${args[0]}: ${stderr}${stdout}`);
    return stdout;
  }

  #spawn(args: readonly string[]) {
    const env = { ...process.env, HOME: this.#registry.home };
    return spawnSync('buildah', [...STORES(this.#folder), ...args], { encoding: 'utf8', env });
  }
}

/** The libraries that the loader takes for a program. */
function librariesOf(program: string): string[] {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
}
