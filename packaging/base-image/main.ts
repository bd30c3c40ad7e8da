import { Command } from 'commander';
import { readDigest } from './digest.ts';
import { pinBaseImage, readBaseImages } from './dockerfiles.ts';

const { check } = new Command('npm run base-image --')
  .description('write the digest that the registry has for the base image into all Dockerfiles')
  .option('--check', 'write nothing, and end with code 1 unless all Dockerfiles name one image by its digest')
  .parse()
  .opts<{ check?: boolean }>();

try {
  if (!check)
    for (const image of new Set(readBaseImages().map((each) => each.image)))
      pinBaseImage(image, readDigest(image));
  const images = readBaseImages();
  for (const { image, digest } of images) process.stdout.write(`${image} ${digest ?? 'NOT pinned'}\n`);
  if (images.length !== 1 || images.some(({ digest }) => digest === undefined)) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`base-image: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
