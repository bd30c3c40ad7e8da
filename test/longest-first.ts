import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The slowest files, the slowest first: started early, they do not keep one worker busy at the end. */
const LONGEST = [
  'functions/key-distribution/workers',
  'faults/faults',
  'distribution/push/senders',
  'cli/interrupt',
  'cli/start',
  'distribution/push/group-push',
  'e2e/rotation',
  'distribution/delivery/verification',
  'e2e/delivery-rules',
  'cli/push',
  'cli/readme',
  'functions/key-distribution/sender',
  'cli/arguments',
  'functions/key-distribution/queue/consumer',
].map((name) => `/test/${name}.test.ts`);

/** Sorts the longest files to the front, and leaves the others as Vitest has them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return index === -1 ? LONGEST.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
