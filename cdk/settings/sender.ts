import * as v from 'valibot';
import { image, imageSecretArn, whole } from './values.ts';

/** CPU units of a Fargate task, and the memory that it may have with them, MiB. */
const MEMORY_OF_CPU = {
  256: [512, 1024, 2048],
  512: steps(1024, 4096),
  1024: steps(2048, 8192),
  2048: steps(4096, 16_384),
  4096: steps(8192, 30_720),
} as const satisfies Record<number, readonly number[]>;

/** The Key Distribution function: how many tasks, of which size, and what they run. */
export const sender = v.pipe(
  v.strictObject({
    /** Tasks, where there is no `scaling`. */
    desiredCount: v.optional(whole(0, 100), 1),
    /**
     * Tasks follow the work that waits, between `minCount` and `maxCount`; with `minCount` 0 there is none
     * without work.
     */
    scaling: v.optional(
      v.strictObject({
        minCount: v.optional(whole(0, 100), 1),
        maxCount: v.optional(whole(1, 1000), 10),
        /** Units of work in the queue for each task, above which there are more tasks. */
        unitsPerTask: v.optional(whole(1, 1000), 8),
      }),
    ),
    /** How long a task that stops may finish its work in progress; the rest goes back to the queue. */
    drainSeconds: v.optional(whole(0, 110), 100),
    /** 1024 are a vCPU; a sender has a worker for each. */
    cpu: v.optional(v.picklist([256, 512, 1024, 2048, 4096]), 512),
    /** Default: 1024, or the least that Fargate has with `cpu`. */
    memoryMiB: v.optional(whole(512, 30_720)),
    architecture: v.optional(v.picklist(['arm64', 'x86_64']), 'arm64'),
    /** `build` makes the image at deployment, with Docker; else the name of one in a registry. */
    image: v.optional(image, 'build'),
    imageSecretArn,
    /**
     * Whether the optional fast implementations in lib/native are used where the machine can run them
     * (`auto`), or only Node's own cryptography and sockets (`off`), which send the same datagrams with
     * several times the CPU.
     */
    native: v.optional(v.picklist(['auto', 'off']), 'auto'),
    /** Whether events that an archive replays make it send again. */
    sendReplays: v.optional(v.boolean(), false),
  }),
  v.transform((input) => ({
    ...input,
    memoryMiB: input.memoryMiB ?? Math.max(1024, MEMORY_OF_CPU[input.cpu][0]),
  })),
);

/** Memory that Fargate has with some CPU units, MiB. */
export const memoryOfCpu = (cpu: v.InferOutput<typeof sender>['cpu']): readonly number[] =>
  MEMORY_OF_CPU[cpu];

/** Every GiB from `from` to `to`, MiB. */
function steps(from: number, to: number): readonly [number, ...number[]] {
  return [from, ...Array.from({ length: (to - from) / 1024 }, (_, index) => from + 1024 * (index + 1))];
}
