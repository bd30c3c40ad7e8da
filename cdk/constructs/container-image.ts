import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { parseEcrImage } from '../settings/ecr-image.ts';
import { prebuiltFolder, ROOT, SERVICES_FOLDER } from './prebuilt.ts';

/** All folders and files of the repository that an image is made from. */
export const IMAGE_SOURCES = ['functions', 'lib', 'package.json', 'package-lock.json'];

/** How ECS asks a task whether it is well: all Dockerfiles begin the same program. */
export const HEALTH_COMMAND = ['CMD', 'node', 'main.mjs', '--health'] as const;

/** Which image a service runs. */
export interface ImageChoice {
  /** `build` makes the image at deployment; else the name of one in a registry. */
  readonly image: string;
  /** User and password for a registry that is not ECR. */
  readonly imageSecretArn?: string | undefined;
  readonly architecture: 'arm64' | 'x86_64';
  /** The service's folder in `functions`, which has its Dockerfile. */
  readonly service: 'key-distribution' | 'zn' | 'traffic';
}

/**
 * The image of a service of this product: one that is named, or in the package one made from a bundle, else
 * one from sources. What the tasks need to pull it they may do.
 */
export function imageOf(
  scope: Construct,
  { image, imageSecretArn, architecture, service }: ImageChoice,
): ContainerImage {
  if (image !== 'build') return namedImage(scope, image, imageSecretArn);
  const platform = architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64;
  const prebuilt = prebuiltFolder(SERVICES_FOLDER);
  if (prebuilt !== undefined)
    return ContainerImage.fromAsset(prebuilt, { file: `${service}.Dockerfile`, platform });
  return ContainerImage.fromAsset(ROOT, {
    file: `functions/${service}/Dockerfile`,
    platform,
    exclude: ['*', ...IMAGE_SOURCES.map((source) => `!${source}`)],
  });
}

/** An image in a registry. What the tasks need to pull it from ECR they may do. */
export function namedImage(
  scope: Construct,
  image: string,
  imageSecretArn: string | undefined,
): ContainerImage {
  const inEcr = parseEcrImage(image);
  if (inEcr !== undefined) {
    const { account, region, repositoryName, tagOrDigest } = inEcr;
    const repositoryArn = Arn.format(
      {
        service: 'ecr',
        resource: 'repository',
        ...{ account, region, resourceName: repositoryName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME },
      },
      Stack.of(scope),
    );
    const repository = Repository.fromRepositoryAttributes(scope, 'Image', { repositoryArn, repositoryName });
    return ContainerImage.fromEcrRepository(repository, tagOrDigest);
  }
  if (imageSecretArn === undefined) return ContainerImage.fromRegistry(image);
  const credentials = Secret.fromSecretCompleteArn(scope, 'ImageSecret', imageSecretArn);
  return ContainerImage.fromRegistry(image, { credentials });
}
