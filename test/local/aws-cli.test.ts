import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';
import { describeWith, type Peer, runs } from '../peers.ts';

const AWS = join(import.meta.dirname, '../../.local/aws-cli/bin/aws');
const AWS_CLI: Peer = {
  name: 'the AWS CLI',
  install: 'python3 -m venv .local/aws-cli && .local/aws-cli/bin/pip install awscli==1.46.3',
  isThere: () => runs(AWS, '--version'),
};

describeWith(AWS_CLI, 'the AWS CLI against the local system', () => {
  let system: LocalSystem;
  beforeAll(async () => {
    system = await startTestSystem();
  });
  afterAll(() => system?.close());

  /** Runs one command. @returns its output read as JSON, or what it says of its error */
  function aws(command: string, ...more: readonly string[]): Promise<unknown> {
    const args = [
      ...command.split(' '),
      ...more,
      '--endpoint-url',
      system.endpointUrl,
      '--region',
      'us-east-1',
    ];
    const env = {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_MAX_ATTEMPTS: '1',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    };
    return new Promise((resolve) => {
      execFile(AWS, args, { env }, (error, stdout, stderr) =>
        resolve(error === null ? stdout && JSON.parse(stdout) : stderr.trim()),
      );
    });
  }

  test('it sees stacks, tables, queues and the account, and sends events and messages', {
    timeout: 120_000,
  }, async () => {
    const [all, one, tables, queues, identity] = await Promise.all([
      aws('cloudformation describe-stacks --query Stacks[].StackName'),
      aws('cloudformation describe-stacks --stack-name BmscService --query', 'Stacks[0].Outputs'),
      aws('dynamodb list-tables'),
      aws('sqs list-queues'),
      aws('sts get-caller-identity'),
    ]);
    expect(all).toEqual(['BmscData', 'BmscService']);
    expect(one).toContainEqual({ OutputKey: 'KeyManagementUrl', OutputValue: system.keyManagementUrl });
    expect(tables).toEqual({ TableNames: [expect.stringContaining('KeyStoreTable')] });
    expect(identity).toMatchObject({ Account: '000000000000' });
    const { QueueUrls } = queues as { QueueUrls: string[] };
    const url = QueueUrls.find((each) => each.includes('DeadLetter')) ?? '';
    const name = url.split('/').at(-1) ?? '';
    expect(await aws('sqs get-queue-url --queue-name', name)).toEqual({ QueueUrl: url });
    expect(await aws('sqs send-message --message-body hello --queue-url', url)).toHaveProperty('MessageId');
    const { Messages } = (await aws('sqs receive-message --queue-url', url)) as { Messages: object[] };
    expect(Messages).toEqual([expect.objectContaining({ Body: 'hello' })]);
    const entry = { Source: 'a', DetailType: 'b', Detail: '{}', EventBusName: 'none' };
    expect(await aws('events put-events --entries', JSON.stringify([entry]))).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: 'ResourceNotFoundException' }],
    });
  });

  /** A command of each protocol, with the error that it must show. */
  test.concurrent.each([
    ['sqs create-queue --queue-name a --attributes FifoQueue=true', 'ValidationException', 'CreateQueue'],
    ['sqs purge-queue --queue-url http://a/b', 'UnknownOperationException', 'PurgeQueue'],
    ['sqs get-queue-url --queue-name none', 'QueueDoesNotExist', 'GetQueueUrl'],
    ['kms list-keys', 'UnknownOperationException', 'ListKeys'],
    ['dynamodb describe-table --table-name none', 'ResourceNotFoundException', 'DescribeTable'],
    ['dynamodb list-backups', 'UnknownOperationException', 'ListBackups'],
    ['cloudformation describe-stacks --stack-name none', 'ValidationError', 'DescribeStacks'],
    ['cloudformation list-stacks', 'InvalidAction', 'ListStacks'],
    ['iam list-roles', 'InvalidAction', 'ListRoles'],
    ['ec2 describe-vpcs', 'InvalidAction', 'DescribeVpcs'],
    ['scheduler get-schedule --name none', 'ResourceNotFoundException', 'GetSchedule'],
    ['scheduler list-schedules', 'UnknownOperationException', 'ListSchedules'],
    ['lambda list-functions', 'UnknownOperationException', 'ListFunctions'],
    ['ecs list-clusters', 'UnknownOperationException', 'ListClusters'],
    ['s3api list-buckets', 'NotImplemented', 'ListBuckets'],
    ['cloudfront list-distributions', 'InvalidAction', 'ListDistributions'],
  ])('aws %s is refused as %s', { timeout: 120_000 }, async (command, code, operation) => {
    expect(await aws(command)).toContain(
      `An error occurred (${code}) when calling the ${operation} operation:`,
    );
  });
});

test('an unsigned request for an unknown action is refused in JSON, as before', async () => {
  const system = await startTestSystem();
  try {
    const answer = await fetch(system.endpointUrl, { method: 'POST', headers: { 'x-amz-target': 'A.B' } });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { __type: 'UnknownOperationException', message: 'the local system has no A.B' },
    ]);
  } finally {
    await system.close();
  }
});
