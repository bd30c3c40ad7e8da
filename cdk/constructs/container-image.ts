import { join } from 'node:path';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';

const ROOT = join(import.meta.dirname, '../..');

/** All folders and files that an image is made from. */
export const IMAGE_SOURCES = ['functions', 'lib', 'package.json', 'package-lock.json'];

/** Which image a service runs. */
export interface ImageChoice {
  /** `build` makes the image at deployment; else the name of one in a registry. */
  readonly image: string;
  readonly architecture: 'arm64' | 'x86_64';
  /** The Dockerfile of the service, from the root of the repository. */
  readonly file: string;
}

/** The image of a service of this product. */
export function imageOf({ image, architecture, file }: ImageChoice): ContainerImage {
  if (image !== 'build') return ContainerImage.fromRegistry(image);
  return ContainerImage.fromAsset(ROOT, {
    file,
    platform: architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
    exclude: ['*', ...IMAGE_SOURCES.map((source) => `!${source}`)],
  });
}
