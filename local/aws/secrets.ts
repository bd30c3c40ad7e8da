import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { AwsError } from './aws-error.ts';
import { type KeptTexts, textsInMemory } from './data-folder.ts';

const getRequest = v.object({
  SecretId: v.string(),
  VersionStage: v.optional(v.picklist(['AWSCURRENT', 'AWSPREVIOUS']), 'AWSCURRENT'),
});
const putRequest = v.object({ SecretId: v.string(), SecretString: v.string() });

/** The values of a secret by their staging labels. */
const secretVersions = v.object({ AWSCURRENT: v.string(), AWSPREVIOUS: v.optional(v.string()) });
type SecretVersions = v.InferOutput<typeof secretVersions>;

/** A stand-in for Secrets Manager: a random secret for each ARN, kept where it is told to be. */
export class LocalSecrets {
  readonly #arns: ReadonlySet<string>;
  readonly #kept: KeptTexts;

  /** @param kept the versions of secrets by ARN, in JSON */
  constructor(arns: readonly string[], kept: KeptTexts = textsInMemory()) {
    this.#arns = new Set(arns);
    this.#kept = kept;
    for (const arn of arns)
      if (kept.get(arn) === undefined) this.#keep(arn, { AWSCURRENT: randomBytes(48).toString('base64url') });
  }

  /** Answers `GetSecretValue` and `PutSecretValue`, in its JSON. @throws AwsError */
  answer(action: string, request: unknown): unknown {
    if (action === 'GetSecretValue') return this.#get(request);
    if (action === 'PutSecretValue') return this.#put(request);
    throw new AwsError('UnknownOperationException', `the local system's Secrets Manager has no ${action}`);
  }

  #get(request: unknown): unknown {
    const { SecretId, VersionStage } = v.parse(getRequest, request);
    const SecretString = this.#find(SecretId)[VersionStage];
    if (SecretString === undefined) throw new AwsError('ResourceNotFoundException', `no ${VersionStage}`);
    return { ARN: SecretId, SecretString, VersionStages: [VersionStage] };
  }

  /** The value before becomes AWSPREVIOUS, as in Secrets Manager. */
  #put(request: unknown): unknown {
    const { SecretId, SecretString } = v.parse(putRequest, request);
    const { AWSCURRENT: AWSPREVIOUS } = this.#find(SecretId);
    this.#keep(SecretId, { AWSCURRENT: SecretString, AWSPREVIOUS });
    return { ARN: SecretId, VersionStages: ['AWSCURRENT'] };
  }

  #keep(arn: string, versions: SecretVersions): void {
    this.#kept.set(arn, JSON.stringify(versions));
  }

  #find(secretId: string): SecretVersions {
    const kept = this.#arns.has(secretId) ? this.#kept.get(secretId) : undefined;
    if (kept === undefined) throw new AwsError('ResourceNotFoundException', 'no such secret');
    return v.parse(secretVersions, JSON.parse(kept));
  }
}
