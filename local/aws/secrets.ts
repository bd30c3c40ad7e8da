import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { AwsError } from './aws-error.ts';

const getRequest = v.object({ SecretId: v.string() });

/** A stand-in for Secrets Manager: a random secret for each ARN, made when the system starts. */
export class LocalSecrets {
  readonly #secrets: ReadonlyMap<string, string>;

  constructor(arns: readonly string[]) {
    this.#secrets = new Map(arns.map((arn) => [arn, randomBytes(48).toString('base64url')]));
  }

  /** Answers the only action that it has, in its JSON. @throws AwsError */
  answer(action: string, request: unknown): unknown {
    if (action !== 'GetSecretValue')
      throw new AwsError('UnknownOperationException', `the local system's Secrets Manager has no ${action}`);
    const { SecretId } = v.parse(getRequest, request);
    const SecretString = this.#secrets.get(SecretId);
    if (SecretString === undefined) throw new AwsError('ResourceNotFoundException', 'no such secret');
    return { ARN: SecretId, SecretString };
  }
}
