import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.ts';

/** The Dockerfiles of this repository, as paths from its root. */
export const DOCKERFILES: readonly string[] = ['functions/*/Dockerfile', 'packaging/images/*.Dockerfile']
  .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  .sort();

/** A line that names an image from a registry: what comes before it, the image with its tag, and its digest. */
const FROM = /^(FROM (?:--platform=\S+ )?)([a-z0-9./-]+:[\w.-]+)(?:@(sha256:[0-9a-f]{64}))?(?= |$)/gm;

/** An image that a Dockerfile begins from. */
export interface BaseImage {
  /** Its name with its tag. */
  readonly image: string;
  /** Undefined: the tag alone decides, and whoever may move it. */
  readonly digest: string | undefined;
}

/** The images that a Dockerfile begins from, without those that it makes itself. */
export function baseImagesOf(dockerfile: string): readonly BaseImage[] {
  return [...dockerfile.matchAll(FROM)].map(([, , image = '', digest]) => ({ image, digest }));
}

/** The Dockerfile with each base image of this name under this digest. */
export function pinned(dockerfile: string, image: string, digest: string): string {
  return dockerfile.replace(FROM, (line: string, from: string, name: string) =>
    name === image ? `${from}${image}@${digest}` : line,
  );
}

/** The base images of all Dockerfiles, each once. */
export function readBaseImages(): readonly BaseImage[] {
  const all = DOCKERFILES.flatMap((file) => baseImagesOf(readFileSync(join(ROOT, file), 'utf8')));
  return [...new Map(all.map((each) => [`${each.image}@${each.digest}`, each])).values()];
}

/** Writes the digest of an image into all Dockerfiles. */
export function pinBaseImage(image: string, digest: string): void {
  for (const file of DOCKERFILES) {
    const path = join(ROOT, file);
    writeFileSync(path, pinned(readFileSync(path, 'utf8'), image, digest));
  }
}
