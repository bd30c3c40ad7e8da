import * as v from 'valibot';
import { streamList } from '../../functions/traffic/streams.ts';
import { image, imageSecretArn, whole } from './values.ts';

/** The traffic key service: it sends MTKs, and protects RTP where a stream says so (docs/traffic.md). */
export const traffic = v.strictObject({
  streams: v.pipe(streamList, v.minLength(1, 'one stream or more')),
  /** Tasks: of two one sends, and the other takes its turn when it falls silent. */
  desiredCount: v.optional(whole(0, 2), 2),
  cpu: v.optional(v.picklist([256, 512, 1024, 2048]), 256),
  /** `build` makes the image at deployment, with Docker; else the name of one in a registry. */
  image: v.optional(image, 'build'),
  imageSecretArn,
});
