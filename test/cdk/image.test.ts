import { describe, expect, test } from 'vitest';
import { parseEcrImage } from '../../cdk/settings/ecr-image.ts';
import { resources, synthesize } from './templates.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;
const ECR = '111111111111.dkr.ecr.eu-west-1.amazonaws.com';
const SECRET = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:ghcr-AbCdEf';

/** What the execution role of the sender may do, and the image of its container. */
function pullOf(sender: { image: string; imageSecretArn?: string }) {
  const { service } = synthesize({ edge: { type: 'none' }, sender });
  const policies = Object.entries(resources(service, 'AWS::IAM::Policy'))
    .filter(([id]) => id.includes('TaskExecutionRole'))
    .map(([, { Properties }]) => JSON.stringify(Properties.PolicyDocument));
  return { policy: policies.join(), task: JSON.stringify(resources(service, 'AWS::ECS::TaskDefinition')) };
}

describe('the image of the sender', () => {
  test('in ECR is pulled by a role that may, also from the registry of another account and region', () => {
    const { policy, task } = pullOf({ image: `${ECR}/bmsc/sender:1.0` });
    for (const action of ['GetAuthorizationToken', 'BatchGetImage', 'GetDownloadUrlForLayer'])
      expect(policy).toContain(`ecr:${action}`);
    expect(policy).toContain(':ecr:eu-west-1:111111111111:repository/bmsc/sender');
    expect(task).toMatch(/111111111111\.dkr\.ecr\.eu-west-1\..*\/bmsc\/sender:1\.0"/);
  });

  test('in another registry is pulled with the credentials that a secret holds', () => {
    const { policy, task } = pullOf({ image: `ghcr.io/operator/bmsc@${DIGEST}`, imageSecretArn: SECRET });
    expect(policy).toContain(SECRET);
    expect(policy).not.toContain('ecr:');
    expect(task).toContain(`"RepositoryCredentials":{"CredentialsParameter":"${SECRET}"}`);
  });
});

test.each([
  [`${ECR}/bmsc:1.0_a`, 'bmsc', '1.0_a'],
  [`${ECR}/bmsc/sender`, 'bmsc/sender', 'latest'],
  [`${ECR}/bmsc@${DIGEST}`, 'bmsc', DIGEST],
  [`${ECR}/bmsc:1@${DIGEST}`, 'bmsc', DIGEST],
  ['111111111111.dkr.ecr-fips.us-gov-west-1.amazonaws.com/bmsc:1', 'bmsc', '1'],
  ['111111111111.dkr.ecr.cn-north-1.amazonaws.com.cn/bmsc:1', 'bmsc', '1'],
])('%s is in ECR: %s, %s', (image, repositoryName, tagOrDigest) => {
  expect(parseEcrImage(image)).toMatchObject({ account: '111111111111', repositoryName, tagOrDigest });
});

test.each(['bmsc', 'ghcr.io/operator/bmsc:1', 'public.ecr.aws/operator/bmsc:1', `evil.example/${ECR}/bmsc`])(
  '%s is not in a private registry of ECR',
  (image) => {
    expect(parseEcrImage(image)).toBeUndefined();
  },
);
