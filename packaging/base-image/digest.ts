import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as v from 'valibot';

/** The platforms of Fargate, for both of which images are built. */
const PLATFORMS = ['linux/amd64', 'linux/arm64'];

/** Programs that print the manifest of an image as it stands in its registry. */
const PROGRAMS: readonly ((image: string) => readonly [string, ...string[]])[] = [
  (image) => ['docker', 'buildx', 'imagetools', 'inspect', '--raw', image],
  (image) => ['skopeo', 'inspect', '--raw', `docker://${image}`],
];

const index = v.object({
  manifests: v.array(v.object({ platform: v.object({ os: v.string(), architecture: v.string() }) })),
});

/**
 * The digest of an image for all platforms, from the octets of its index.
 * @throws Error when they are of one platform's image alone, or lack a platform
 */
export function digestOfIndex(raw: Uint8Array): string {
  const parsed = v.safeParse(index, JSON.parse(Buffer.from(raw).toString('utf8')));
  if (!parsed.success) throw new Error('the manifest is of one platform alone');
  const platforms = parsed.output.manifests.map(
    ({ platform: { os, architecture } }) => `${os}/${architecture}`,
  );
  const missing = PLATFORMS.filter((each) => !platforms.includes(each));
  if (missing.length > 0) throw new Error(`the image is not there for ${missing.join(' and ')}`);
  return `sha256:${createHash('sha256').update(raw).digest('hex')}`;
}

/**
 * Reads the digest of an image from its registry, by Docker or else by skopeo.
 * @throws Error with what each of them says
 */
export function readDigest(image: string): string {
  const said: string[] = [];
  for (const commandOf of PROGRAMS) {
    const [program, ...args] = commandOf(image);
    const { status, stdout, stderr, error } = spawnSync(program, args, { timeout: 60_000 });
    if (status === 0) return digestOfIndex(stdout);
    said.push(`${program}: ${error?.message ?? stderr.toString('utf8').trim()}`);
  }
  throw new Error(`no registry gives the digest of ${image}:\n${said.join('\n')}`);
}
