import * as v from 'valibot';
import { keyGroupsOfText, publicWrappingKey, type Recipient } from '../../lib/key-export/recipient.ts';

/** Recipients as they stand in the environment, by their names. */
export const recipientTexts = v.record(
  v.string(),
  v.strictObject({
    /** Base64 of a SubjectPublicKeyInfo in DER. */
    publicKey: v.optional(v.string()),
    kmsKeyArn: v.optional(v.string()),
    keyGroups: v.array(v.string()),
  }),
);

/** The same in JSON. */
export const recipientsJson = v.pipe(
  v.string(),
  v.parseJson(undefined, 'JSON of recipients'),
  recipientTexts,
);

/** The same by their names. @throws TypeError, KeysError for what the stack never sets */
export function recipientsOf(texts: v.InferOutput<typeof recipientTexts>): ReadonlyMap<string, Recipient> {
  return new Map(
    Object.entries(texts).map(([name, { publicKey, kmsKeyArn: keyArn, keyGroups }]) => {
      const wrappingKey =
        keyArn === undefined
          ? publicWrappingKey(Buffer.from(publicKey ?? '', 'base64'))
          : ({ kind: 'kms', keyArn } as const);
      return [name, { name, wrappingKey, mayHave: keyGroups.map(keyGroupsOfText) }];
    }),
  );
}
