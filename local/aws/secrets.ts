import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { AwsError } from './aws-error.ts';

const getRequest = v.object({
  SecretId: v.string(),
  VersionStage: v.optional(v.picklist(['AWSCURRENT', 'AWSPREVIOUS']), 'AWSCURRENT'),
});
const putRequest = v.object({ SecretId: v.string(), SecretString: v.string() });

/** The values of a secret by their staging labels. */
interface SecretVersions {
  readonly AWSCURRENT: string;
  readonly AWSPREVIOUS?: string;
}

/** A stand-in for Secrets Manager: a random secret for each ARN, made when the system starts. */
export class LocalSecrets {
  readonly #secrets: Map<string, SecretVersions>;

  constructor(arns: readonly string[]) {
    this.#secrets = new Map(arns.map((arn) => [arn, { AWSCURRENT: randomBytes(48).toString('base64url') }]));
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
    this.#secrets.set(SecretId, { AWSCURRENT: SecretString, AWSPREVIOUS });
    return { ARN: SecretId, VersionStages: ['AWSCURRENT'] };
  }

  #find(secretId: string): SecretVersions {
    const secret = this.#secrets.get(secretId);
    if (secret === undefined) throw new AwsError('ResourceNotFoundException', 'no such secret');
    return secret;
  }
}
