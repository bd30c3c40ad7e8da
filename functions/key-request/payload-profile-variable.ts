import * as v from 'valibot';
import {
  type PayloadProfile,
  PayloadProfileError,
  parsePayloadProfile,
} from '../../lib/key-management/payload/payload-profile.ts';

/** The payload profile as it stands in the function's environment: JSON. */
export const payloadProfileOfText = v.pipe(
  v.string(),
  v.parseJson(),
  v.rawTransform(({ dataset, addIssue, NEVER }): PayloadProfile => {
    try {
      return parsePayloadProfile(dataset.value);
    } catch (error) {
      if (!(error instanceof PayloadProfileError)) throw error;
      addIssue({ message: error.message, expected: `a payload profile: ${error.message}` });
      return NEVER;
    }
  }),
);
