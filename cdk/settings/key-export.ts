import * as v from 'valibot';
import { keyGroupsOfText, publicWrappingKey } from '../../lib/key-export/recipient.ts';
import { arn } from './values.ts';

const keyGroups = v.pipe(
  v.array(
    v.pipe(
      v.string(),
      v.check(
        isKeyGroups,
        'a Key Group such as 001-01/0010, or a Key Domain such as 001-01 for all of its Key Groups',
      ),
    ),
  ),
  v.minLength(1, 'one Key Group or more'),
);

/** A system that keys may be exported to: by its public key, or by a KMS key that it may decrypt with. */
const recipient = v.pipe(
  v.strictObject({
    /** In PEM: RSA of 2048 bits or more, or a key on P-256, P-384 or P-521. */
    publicKey: v.optional(
      v.pipe(
        v.string(),
        v.rawCheck(({ dataset, addIssue }) => {
          const fault = dataset.typed ? faultOfPublicKey(dataset.value) : undefined;
          if (fault !== undefined) addIssue({ message: fault });
        }),
      ),
    ),
    /** A symmetric key, perhaps of another account, whose policy must let the function encrypt. */
    kmsKeyArn: v.optional(
      arn('kms', { resource: 'key/[A-Za-z0-9-]+', message: 'of a key, not of an alias' }),
    ),
    keyGroups,
  }),
  v.check(
    ({ publicKey, kmsKeyArn }) => (publicKey === undefined) !== (kmsKeyArn === undefined),
    'publicKey or kmsKeyArn, and not both',
  ),
);

/** Characters of the recipients in the environment of the function, which Lambda limits to 4096 in all. */
const MAX_LENGTH = 3000;

/**
 * The export of MSKs and MTKs for other systems; undefined: there is none. Who may have keys stands here, and
 * not in the table or in a request: whoever may change it may change the whole deployment.
 */
export const keyExport = v.strictObject({
  recipients: v.pipe(
    v.record(
      v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'a name of 1 to 64 letters, digits, _ and -')),
      recipient,
    ),
    v.minEntries(1, 'one recipient or more'),
    v.check(
      (recipients) => JSON.stringify(recipients).length <= MAX_LENGTH,
      `at most ${MAX_LENGTH} characters in all: keys on P-256 and KMS keys are the shortest`,
    ),
  ),
});

function isKeyGroups(text: string): boolean {
  try {
    return text.split('/').length <= 2 && keyGroupsOfText(text).keyDomainId.length > 0;
  } catch {
    return false;
  }
}

function faultOfPublicKey(pem: string): string | undefined {
  try {
    publicWrappingKey(pem);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
