import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { freePort } from '../../local/free-port.ts';
import { type Peer, runs } from '../peers.ts';

/** The reference implementation of a registry, and the client that `npm run base-image` asks it with. */
export const REGISTRY: Peer = {
  name: 'a registry of images, with skopeo',
  install: 'apt-get install docker-registry skopeo, as root',
  isThere: () => runs('docker-registry', '--version') && runs('skopeo', '--version'),
};

const INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

const index = v.object({
  manifests: v.array(
    v.object({
      digest: v.string(),
      platform: v.object({ os: v.string(), architecture: v.string() }),
    }),
  ),
});
const layer = v.object({ digest: v.string(), size: v.number() });
const manifest = v.object({ config: v.object({ digest: v.string() }), layers: v.array(layer) });

/** An image for one platform, as a registry has it. */
export interface StoredImage {
  readonly architecture: string;
  readonly config: unknown;
  readonly layers: readonly v.InferOutput<typeof layer>[];
}

/** A registry on loopback, in a folder that goes away. Buildah and skopeo take it for Docker Hub. */
export class Registry {
  readonly host: string;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.host = `127.0.0.1:${port}`;
    const config = join(folder, 'registry.json');
    const storage = { filesystem: { rootdirectory: join(folder, 'images') } };
    writeFileSync(config, JSON.stringify({ version: 0.1, storage, http: { addr: this.host } }));
    writeFileSync(
      join(folder, '.config/containers/registries.conf'),
      'unqualified-search-registries = ["docker.io"]\n' +
        `[[registry]]\nprefix = "docker.io"\nlocation = "${this.host}"\ninsecure = true\n` +
        `[[registry]]\nlocation = "${this.host}"\ninsecure = true\n`,
    );
    this.#child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  }

  /** Resolves when it answers. */
  static async start(): Promise<Registry> {
    const folder = mkdtempSync(join(tmpdir(), 'bmsc-registry-'));
    mkdirSync(join(folder, '.config/containers'), { recursive: true });
    const registry = new Registry(folder, await freePort('127.0.0.1'));
    for (let tries = 0; tries < 100; tries += 1) {
      const answer = await fetch(`http://${registry.host}/v2/`).catch(() => undefined);
      if (answer?.ok) return registry;
      await delay(100);
    }
    registry.close();
    throw new Error('docker-registry does not answer');
  }

  /** A home whose user's buildah and skopeo take this registry for Docker Hub. */
  get home(): string {
    return this.#folder;
  }

  /** The digest that the registry gives to a tag. */
  async digestOf(repository: string, tag: string): Promise<string | null> {
    const answer = await this.#get(`${repository}/manifests/${tag}`, `${INDEX}, ${DOCKER_INDEX}`);
    return answer.headers.get('docker-content-digest');
  }

  /** The images of all platforms under a tag. @throws Error for what is no index */
  async imagesOf(repository: string, tag: string): Promise<readonly StoredImage[]> {
    const listed = await this.#get(`${repository}/manifests/${tag}`, `${INDEX}, ${DOCKER_INDEX}`);
    const { manifests } = v.parse(index, await listed.json());
    return Promise.all(
      manifests.map(async ({ digest, platform: { architecture } }) => {
        const answer = await this.#get(`${repository}/manifests/${digest}`, MANIFEST);
        const { config, layers } = v.parse(manifest, await answer.json());
        const { config: settings } = v.parse(
          v.object({ config: v.unknown() }),
          await (await this.#get(`${repository}/blobs/${config.digest}`, '*/*')).json(),
        );
        return { architecture, config: settings, layers };
      }),
    );
  }

  /** The octets of a layer, compressed. */
  async layer(repository: string, digest: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.#get(`${repository}/blobs/${digest}`, '*/*')).arrayBuffer());
  }

  close(): void {
    this.#child.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #get(path: string, accept: string): Promise<Response> {
    const answer = await fetch(`http://${this.host}/v2/${path}`, { headers: { accept } });
    if (!answer.ok) throw new Error(`the registry answers ${answer.status} for ${path}`);
    return answer;
  }
}
