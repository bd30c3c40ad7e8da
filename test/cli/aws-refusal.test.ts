import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explainRefusal } from '../../cli/aws-refusal.ts';
import { CliError } from '../../cli/errors.ts';
import { start } from './run.ts';

// An endpoint of the test's own refuses as CloudFormation and DynamoDB do; nothing else of AWS is needed.

const USER = 'arn:aws:iam::111122223333:user/operator';
const STACK = 'arn:aws:cloudformation:us-east-1:111122223333:stack/BmscService/*';
const TABLE = 'arn:aws:dynamodb:us-east-1:111122223333:table/Bmsc';

const outputs = [
  'TableName EncryptionKeyArn EventBusName ScheduleGroupName ScheduleRoleArn EventBusArn KeyManagementUrl',
  'QueueUrl DeadLetterQueueUrl RuleDeadLetterQueueUrl KeyDomains',
]
  .join(' ')
  .split(' ');
const STACKS = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>BmscService</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${outputs
  .map((name) => `<member><OutputKey>${name}</OutputKey><OutputValue>any</OutputValue></member>`)
  .join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;

let server: Server;
let maySeeStacks = false;
let endpoint = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.headers['x-amz-target'] !== undefined) {
        const message = `User: ${USER} is not authorized to perform: dynamodb:Query on resource: ${TABLE} because no identity-based policy allows the dynamodb:Query action`;
        response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
        response.end(
          JSON.stringify({ __type: 'com.amazon.coral.service#AccessDeniedException', Message: message }),
        );
      } else if (maySeeStacks) response.end(STACKS);
      else {
        const message = `User: ${USER} is not authorized to perform: cloudformation:DescribeStacks on resource: ${STACK} because no identity-based policy allows the cloudformation:DescribeStacks action`;
        response.writeHead(403, { 'content-type': 'text/xml' });
        response.end(
          `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${message}</Message></Error></ErrorResponse>`,
        );
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address === 'object' && address !== null) endpoint = `http://127.0.0.1:${address.port}`;
});
afterAll(() => server.close());

/** The error of a command, as programs get it. */
async function errorOf(...words: string[]): Promise<{ code: string; message: string }> {
  const args = ['cli/bmsc.js', ...words, '--endpoint-url', endpoint, '--json'];
  const { code, stderr } = await start('node', args).finished;
  expect(code).toBe(1);
  return JSON.parse(stderr).error;
}

describe('a command that AWS refuses says who may not do what with which resource, and what to do', () => {
  test('before it finds the stack', async () => {
    maySeeStacks = false;
    const { code, message } = await errorOf('list', 'services');
    expect(code).toBe('access-denied');
    expect(message).toContain(`${USER} may not cloudformation:DescribeStacks on ${STACK}`);
    expect(message).toMatch(/grantRead.*--profile/);
  });

  test('at the table', async () => {
    maySeeStacks = true;
    const { code, message } = await errorOf('list', 'services');
    expect(code).toBe('access-denied');
    expect(message).toContain(`${USER} may not dynamodb:Query on ${TABLE}`);
  });
});

const named = (name: string, message: string) => Object.assign(new Error(message), { name });

test('an error deep among causes is found, one of another kind is left as it is', () => {
  const cause = named(
    'AccessDeniedException',
    `User: ${USER} is not authorized to perform: sqs:ReceiveMessage`,
  );
  const error = new CliError('stopped at line 3', { cause: new Error('it failed', { cause }) });
  expect(explainRefusal(error)?.message).toContain(`${USER} may not sqs:ReceiveMessage. Let it`);
  expect(explainRefusal(named('AccessDeniedException', 'not today'))?.message).toContain(
    'refuses it: not today.',
  );
  expect(explainRefusal(new CliError('no such thing'))).toBeUndefined();
  expect(explainRefusal('AccessDenied')).toBeUndefined();
});

test.each(['ExpiredTokenException', 'CredentialsProviderError', 'UnrecognizedClientException'])(
  '%s is a matter of the credentials',
  (name) => {
    const refusal = explainRefusal(named(name, 'it is over'));
    expect(refusal).toMatchObject({ code: 'no-credentials' });
    expect(refusal?.message).toContain(`${name}: it is over`);
  },
);
