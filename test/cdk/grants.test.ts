import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { beforeAll, describe, expect, test } from 'vitest';
import { BmscKeyManagement } from '../../cdk/constructs/bmsc-key-management.ts';
import type { IBmscKeyManagement } from '../../cdk/constructs/bmsc-key-management-base.ts';
import { EVENT_DATA, EVENT_SOURCE, PROVISIONING_REQUESTS, REQUESTS } from '../../lib/events/contracts.ts';
import { ownApp, ownBmsc, ownStack, templateOf } from './own-stack.ts';
import { resources } from './templates.ts';

const EVENTS_PAGE = readFileSync(join(import.meta.dirname, '../../docs/events.md'), 'utf8');

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const GRANTS = [
  'Commands',
  'ExportKeys',
  'ImportKeys',
  'Provision',
  'ProvisionByEvent',
  'Read',
  'Redrive',
  'Schedules',
] as const;
type GrantName = (typeof GRANTS)[number];

const KEY_EXPORT = {
  recipients: {
    archive: {
      kmsKeyArn: 'arn:aws:kms:eu-west-1:222222222222:key/0a1b2c3d-0000-4000-8000-000000000000',
      keyGroups: ['001-01'],
    },
  },
};

/** A role for each grant, which has nothing else. */
function grantAll(stack: Stack, bmsc: IBmscKeyManagement): void {
  for (const name of GRANTS)
    bmsc[`grant${name}`](new Role(stack, `${name}Role`, { assumedBy: new AccountPrincipal('111111111111') }));
}

function statementsOf(template: Template, name: GrantName): readonly Statement[] {
  return Object.entries(resources(template, 'AWS::IAM::Policy'))
    .filter(([id]) => id.startsWith(`${name}RoleDefaultPolicy`))
    .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement);
}

const actionsOf = (statements: readonly Statement[]): string[] =>
  [...new Set(statements.flatMap(({ Action }) => Action))].sort();

let template: Template;
let found: Template;

beforeAll(() => {
  const stack = ownStack();
  grantAll(
    stack,
    ownBmsc(stack, 'Bmsc', {
      settings: { edge: { type: 'none' }, queues: { encryption: 'kms' }, keyExport: KEY_EXPORT },
    }),
  );
  template = templateOf(stack);
  const other = ownStack('Other', ownApp());
  grantAll(other, foundBmsc(other));
  found = templateOf(other);
}, 120_000);

/** A deployment by the values of its outputs. */
function foundBmsc(stack: Stack): IBmscKeyManagement {
  const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:111111111111:${resource}`;
  const url = (name: string) => `https://sqs.eu-west-1.amazonaws.com/111111111111/${name}`;
  return BmscKeyManagement.fromAttributes(stack, 'Bmsc', {
    stackName: 'BmscService',
    keyManagementUrl: 'https://d111111abcdef8.cloudfront.net/keymanagement',
    tableName: 'BmscData-Table',
    encryptionKeyArn: arn('kms', 'key/0a1b2c3d-0000-4000-8000-000000000000'),
    nonceSecretArn: arn('secretsmanager', 'secret:nonces-AbCdEf'),
    eventBusArn: arn('events', 'event-bus/bmsc'),
    queueUrl: url('work'),
    deadLetterQueueUrl: url('dead'),
    ruleDeadLetterQueueUrl: url('rule-dead'),
    scheduleGroupName: 'rotations',
    scheduleRoleArn: 'arn:aws:iam::111111111111:role/schedules',
    keyExportFunctionName: 'BmscService-KeyExport',
  });
}

describe('a grant', () => {
  test('of commands lets in the requests under the source of the BM-SC, and none of its facts', () => {
    const [statement, ...others] = statementsOf(template, 'Commands');
    expect(others).toEqual([]);
    expect(statement).toMatchObject({
      Action: 'events:PutEvents',
      Condition: {
        'ForAllValues:StringEquals': { 'events:source': [EVENT_SOURCE] },
        Null: { 'events:source': 'false' },
      },
    });
    const allowed = statement?.Condition?.StringEquals?.['events:detail-type'];
    expect(allowed).toEqual(REQUESTS);
    // Facts are told in the past, requests are imperative.
    const facts = Object.keys(EVENT_DATA).filter((type) => /(?:ed|Failed)$/.test(type));
    expect(facts.length).toBeGreaterThan(8);
    expect(facts.filter((fact) => REQUESTS.some((request) => request === fact))).toEqual([]);
  });

  test('to provision by event lets in those commands alone, and wraps the keys of one association, and opens none', () => {
    const statements = statementsOf(template, 'ProvisionByEvent');
    expect(actionsOf(statements)).toEqual(['events:PutEvents', 'kms:Encrypt']);
    const conditionOf = (action: string) => statements.find(({ Action }) => Action === action)?.Condition;
    expect(conditionOf('events:PutEvents')).toEqual({
      StringEquals: { 'events:detail-type': PROVISIONING_REQUESTS },
      'ForAllValues:StringEquals': { 'events:source': [EVENT_SOURCE] },
      Null: { 'events:source': 'false' },
    });
    // As docs/events.md has it for people without CDK.
    const documented = /"Action": "kms:Encrypt",[\s\S]*?"Condition": (\{[\s\S]*?\n {2}\})/.exec(EVENTS_PAGE);
    expect(conditionOf('kms:Encrypt')).toEqual(JSON.parse(documented?.[1] ?? ''));
  });

  test('to provision writes what is provisioned, and no ledger; it opens data keys and makes them', () => {
    const statements = statementsOf(template, 'Provision');
    expect(actionsOf(statements)).toMatchInlineSnapshot(`
      [
        "cloudformation:DescribeStacks",
        "dynamodb:BatchGetItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:UpdateItem",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
      ]
    `);
    const writes = statements.filter(({ Action }) => [Action].flat().includes('dynamodb:PutItem'));
    for (const { Condition } of writes) {
      const partitions = Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];
      expect(partitions).toEqual([
        'B-TID#*',
        'IMPI#*',
        'SERVICE#*',
        'KEY-GROUP#*',
        'REGISTRATIONS#*',
        'CATALOGUE#*',
        'DATA-KEYS',
      ]);
    }
    expect(writes).toHaveLength(1);
  });

  test('to read writes nothing and opens no key', () => {
    const statements = statementsOf(template, 'Read');
    expect(actionsOf(statements)).toMatchInlineSnapshot(`
      [
        "cloudformation:DescribeStacks",
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "kms:Decrypt",
        "kms:DescribeKey",
        "scheduler:GetSchedule",
        "sqs:GetQueueAttributes",
      ]
    `);
    const direct = statements.filter(
      ({ Action, Condition }) =>
        JSON.stringify(Action).includes('kms:') && !JSON.stringify(Condition).includes('kms:ViaService'),
    );
    expect(direct).toEqual([]);
  });

  test('to export keys invokes the one function, and reads and writes nothing itself', () => {
    const statements = statementsOf(template, 'ExportKeys');
    expect(actionsOf(statements)).toEqual(['cloudformation:DescribeStacks', 'lambda:InvokeFunction']);
    const [{ Resource: ofFound } = expect.fail()] = statementsOf(found, 'ExportKeys').filter(
      ({ Action }) => Action === 'lambda:InvokeFunction',
    );
    expect(JSON.stringify(ofFound)).toMatch(/:lambda:eu-west-1:111111111111:function:BmscService-KeyExport"/);
  });

  test('to redrive takes dead letters and gives work back, also with queues under a key of their own', () => {
    expect(actionsOf(statementsOf(template, 'Redrive'))).toMatchInlineSnapshot(`
      [
        "cloudformation:DescribeStacks",
        "events:PutEvents",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
      ]
    `);
  });

  test('of schedules is for rotations of this deployment alone', () => {
    const statements = statementsOf(template, 'Schedules');
    expect(actionsOf(statements)).toMatchInlineSnapshot(`
      [
        "cloudformation:DescribeStacks",
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "iam:PassRole",
        "kms:Decrypt",
        "kms:DescribeKey",
        "scheduler:CreateSchedule",
        "scheduler:DeleteSchedule",
        "scheduler:GetSchedule",
        "scheduler:UpdateSchedule",
      ]
    `);
    const schedules = statements.find(({ Action }) => JSON.stringify(Action).includes('CreateSchedule'));
    expect(JSON.stringify(schedules?.Resource)).toMatch(/:schedule\/OwnBmsc[A-Za-z0-9]+\/rotate-\*/);
  });

  test.each(GRANTS)('%s of a deployment that is found by its outputs is the same', (name) => {
    const withoutQueueKeys = (statements: readonly Statement[]) =>
      actionsOf(statements.filter(({ Resource }) => !JSON.stringify(Resource).includes('QueueKey')));
    const own = withoutQueueKeys(statementsOf(template, name));
    expect(actionsOf(statementsOf(found, name))).toEqual(own);
    expect(JSON.stringify(statementsOf(found, name))).not.toContain('"*"');
  });
});

test('nothing is made of a deployment that is found', () => {
  expect(
    Object.values(found.toJSON().Resources as Record<string, { Type: string }>).map(({ Type }) => Type),
  ).toEqual(expect.not.arrayContaining(['AWS::DynamoDB::Table', 'AWS::SQS::Queue', 'AWS::Events::EventBus']));
});

test('metrics of a deployment are those that its alarms look at', () => {
  const stack = ownStack('Metrics');
  const bmsc = foundBmsc(stack);
  expect(bmsc.metricKeyRequests('failed')).toMatchObject({
    namespace: 'BMSC',
    metricName: 'KeyRequests',
    dimensions: { service: 'key-request', deployment: 'BmscService', result: 'failed' },
  });
  expect(bmsc.metricMsksUnverified({ label: 'not confirmed' })).toMatchObject({ label: 'not confirmed' });
  expect(bmsc.metricDeadLetters()).toMatchObject({ namespace: 'AWS/SQS', dimensions: { QueueName: 'dead' } });
  expect(bmsc.metricWorkAge().metricName).toBe('ApproximateAgeOfOldestMessage');
});

describe('commands of one Key Domain', () => {
  const grant = (keyDomainId: string) => {
    const stack = ownStack();
    const settings = { events: { keyDomainSources: { visited: ['001-02'], both: ['001-01', '001-02'] } } };
    const bmsc = ownBmsc(stack, 'Bmsc', { settings });
    bmsc.grantCommands(new Role(stack, 'CommandsRole', { assumedBy: new AccountPrincipal('111111111111') }), {
      keyDomainId,
    });
    return statementsOf(templateOf(stack), 'Commands');
  };

  test('are granted from the source that has it alone', () => {
    const [statement] = grant('001-02');
    expect(statement?.Condition?.['ForAllValues:StringEquals']).toEqual({ 'events:source': ['visited'] });
  });

  test('are not granted where no source has it alone', () => {
    expect(() => grant('001-01')).toThrow(/no source in "bmsc.events.keyDomainSources"/);
  });
});
