import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { prebuiltFolder, ROOT } from './prebuilt.ts';

/** All folders and files of the repository that an image is made from. */
export const IMAGE_SOURCES = ['functions', 'lib', 'package.json', 'package-lock.json'];

/** Which image a service runs. */
export interface ImageChoice {
  /** `build` makes the image at deployment; else the name of one in a registry. */
  readonly image: string;
  readonly architecture: 'arm64' | 'x86_64';
  /** The service's folder in `functions`, which has its Dockerfile. */
  readonly service: 'key-distribution' | 'zn';
}

/** The image of a service of this product: in the package it is made from a bundle, else from sources. */
export function imageOf({ image, architecture, service }: ImageChoice): ContainerImage {
  if (image !== 'build') return ContainerImage.fromRegistry(image);
  const platform = architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64;
  const prebuilt = prebuiltFolder(service);
  if (prebuilt !== undefined) return ContainerImage.fromAsset(prebuilt, { platform });
  return ContainerImage.fromAsset(ROOT, {
    file: `functions/${service}/Dockerfile`,
    platform,
    exclude: ['*', ...IMAGE_SOURCES.map((source) => `!${source}`)],
  });
}
