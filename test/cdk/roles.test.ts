import type { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { resources, synthesize } from './templates.ts';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Effect: string;
  readonly Resource: unknown;
  readonly Condition?: { readonly StringEquals?: Readonly<Record<string, unknown>> };
}

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** What the roles of a logical ID that starts with `role` may do. */
function statementsOf(template: Template, role: string): Statement[] {
  return Object.values(resources(template, 'AWS::IAM::Policy')).flatMap(({ Properties }) => {
    const { Roles, PolicyDocument } = Properties as {
      Roles: { Ref: string }[];
      PolicyDocument: { Statement: Statement[] };
    };
    return Roles.some(({ Ref }) => Ref.startsWith(role)) ? PolicyDocument.Statement : [];
  });
}

/** The same as `action on resource` in short. */
function permissionsOf(template: Template, role: string): string[] {
  return statementsOf(template, role)
    .flatMap(({ Action, Resource }) =>
      list(Action).flatMap((action) => list(Resource).map((resource) => `${action} on ${short(resource)}`)),
    )
    .sort();
}

/** The construct that a resource belongs to: its logical ID without the hash. */
function short(resource: unknown): string {
  const text = JSON.stringify(resource);
  const id =
    /(?:GetAtt":\["|ImportValue":"[^:]*:ExportsOutput(?:FnGetAtt|Ref)|Ref":")([A-Za-z]+?)[0-9A-F]{8}/.exec(
      text,
    );
  return id?.[1] ?? text;
}

test('the Key Request function may do what it does, on what it does it to', () => {
  const { service } = synthesize();
  expect(permissionsOf(service, 'BmscKeyRequestRole')).toMatchInlineSnapshot(`
    [
      "dynamodb:BatchGetItem on KeyStoreTable",
      "dynamodb:DeleteItem on KeyStoreTable",
      "dynamodb:PutItem on KeyStoreTable",
      "dynamodb:UpdateItem on KeyStoreTable",
      "events:PutEvents on BmscEventsBus",
      "kms:Decrypt on KeyStoreEncryptionKey",
      "kms:Decrypt on KeyStoreEncryptionKey",
      "kms:Decrypt on KeyStoreEncryptionKey",
      "kms:DescribeKey on KeyStoreEncryptionKey",
      "kms:Encrypt on KeyStoreEncryptionKey",
      "kms:GenerateDataKey on KeyStoreEncryptionKey",
      "kms:ReEncryptFrom on KeyStoreEncryptionKey",
      "kms:ReEncryptTo on KeyStoreEncryptionKey",
      "logs:CreateLogStream on BmscKeyRequestLogs",
      "logs:PutLogEvents on BmscKeyRequestLogs",
      "secretsmanager:GetSecretValue on BmscEdgeEdgeDistributionOriginSecret",
      "secretsmanager:GetSecretValue on KeyStoreNonceSecret",
    ]
  `);
});

test('the sender may do what it does, on what it does it to', () => {
  const { service } = synthesize();
  expect(permissionsOf(service, 'BmscKeyDistributionTaskTaskRole')).toMatchInlineSnapshot(`
    [
      "dynamodb:BatchGetItem on KeyStoreTable",
      "dynamodb:DeleteItem on KeyStoreTable",
      "dynamodb:GetItem on KeyStoreTable",
      "dynamodb:PutItem on KeyStoreTable",
      "dynamodb:Query on KeyStoreTable",
      "dynamodb:UpdateItem on KeyStoreTable",
      "dynamodb:UpdateItem on KeyStoreTable",
      "events:PutEvents on BmscEventsBus",
      "kms:Decrypt on KeyStoreEncryptionKey",
      "kms:Decrypt on KeyStoreEncryptionKey",
      "kms:DescribeKey on KeyStoreEncryptionKey",
      "kms:Encrypt on KeyStoreEncryptionKey",
      "kms:GenerateDataKey on KeyStoreEncryptionKey",
      "kms:ReEncryptFrom on KeyStoreEncryptionKey",
      "kms:ReEncryptTo on KeyStoreEncryptionKey",
      "sqs:ChangeMessageVisibility on BmscDistributionQueue",
      "sqs:DeleteMessage on BmscDistributionQueue",
      "sqs:ReceiveMessage on BmscDistributionQueue",
      "sqs:SendMessage on BmscDistributionQueue",
      "sqs:SendMessage on BmscDistributionQueueDeadLetters",
    ]
  `);
});

test('the rotation of MSKs may do what it does, on what it does it to; its schedules may put events on the bus', () => {
  const { service } = synthesize();
  expect(permissionsOf(service, 'BmscKeyRotationRole')).toMatchInlineSnapshot(`
    [
      "dynamodb:BatchGetItem on KeyStoreTable",
      "dynamodb:DeleteItem on KeyStoreTable",
      "dynamodb:PutItem on KeyStoreTable",
      "dynamodb:UpdateItem on KeyStoreTable",
      "events:PutEvents on BmscEventsBus",
      "iam:PassRole on BmscKeyRotationScheduleRole",
      "kms:Decrypt on KeyStoreEncryptionKey",
      "kms:Decrypt on KeyStoreEncryptionKey",
      "kms:Decrypt on KeyStoreEncryptionKey",
      "kms:DescribeKey on KeyStoreEncryptionKey",
      "kms:Encrypt on KeyStoreEncryptionKey",
      "kms:GenerateDataKey on KeyStoreEncryptionKey",
      "kms:GenerateDataKeyWithoutPlaintext on KeyStoreEncryptionKey",
      "kms:ReEncryptFrom on KeyStoreEncryptionKey",
      "kms:ReEncryptTo on KeyStoreEncryptionKey",
      "logs:CreateLogStream on BmscKeyRotationLogs",
      "logs:PutLogEvents on BmscKeyRotationLogs",
      "scheduler:CreateSchedule on {"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":scheduler:",{"Ref":"AWS::Region"},":",{"Ref":"AWS::AccountId"},":schedule/BmscServiceBmscKeyRotation5E587ADC/activate-*"]]}",
      "scheduler:DeleteSchedule on {"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":scheduler:",{"Ref":"AWS::Region"},":",{"Ref":"AWS::AccountId"},":schedule/BmscServiceBmscKeyRotation5E587ADC/activate-*"]]}",
      "sqs:SendMessage on BmscDistributionQueueRuleDeadLetters",
    ]
  `);
  expect(permissionsOf(service, 'BmscKeyRotationScheduleRole')).toMatchInlineSnapshot(`
    [
      "events:PutEvents on BmscEventsBus",
    ]
  `);
});

test('provisioning by event may write what operators provision, and not what was sent to whom', () => {
  const { service } = synthesize();
  expect(permissionsOf(service, 'BmscProvisioningRole')).toMatchInlineSnapshot(`
    [
      "dynamodb:BatchGetItem on KeyStoreTable",
      "dynamodb:DeleteItem on KeyStoreTable",
      "dynamodb:GetItem on KeyStoreTable",
      "dynamodb:PutItem on KeyStoreTable",
      "dynamodb:PutItem on KeyStoreTable",
      "dynamodb:Query on KeyStoreTable",
      "dynamodb:UpdateItem on KeyStoreTable",
      "dynamodb:UpdateItem on KeyStoreTable",
      "events:PutEvents on BmscEventsBus",
      "kms:Decrypt on KeyStoreEncryptionKey",
      "kms:Decrypt on KeyStoreEncryptionKey",
      "kms:Decrypt on KeyStoreEncryptionKey",
      "kms:DescribeKey on KeyStoreEncryptionKey",
      "kms:Encrypt on KeyStoreEncryptionKey",
      "kms:GenerateDataKey on KeyStoreEncryptionKey",
      "kms:GenerateDataKeyWithoutPlaintext on KeyStoreEncryptionKey",
      "kms:ReEncryptFrom on KeyStoreEncryptionKey",
      "kms:ReEncryptTo on KeyStoreEncryptionKey",
      "logs:CreateLogStream on BmscProvisioningLogs",
      "logs:PutLogEvents on BmscProvisioningLogs",
      "sqs:SendMessage on BmscDistributionQueueRuleDeadLetters",
    ]
  `);
  const unwrapping = statementsOf(service, 'BmscProvisioningRole').filter(({ Condition }) =>
    JSON.stringify(Condition ?? {}).includes('EncryptionContext:bTid'),
  );
  expect(unwrapping).toMatchObject([{ Action: 'kms:Decrypt' }]);
});

test('only schedules of the group take their role, and only to EventBridge Scheduler may it be passed', () => {
  const { service } = synthesize();
  const [role] = Object.entries(resources(service, 'AWS::IAM::Role'))
    .filter(([id]) => id.startsWith('BmscKeyRotationScheduleRole'))
    .map(([, { Properties }]) => JSON.stringify(Properties.AssumeRolePolicyDocument));
  expect(role).toContain('"Service":"scheduler.amazonaws.com"');
  expect(role).toMatch(/"aws:SourceArn":.*:schedule-group\/BmscService/);
  const passing = statementsOf(service, 'BmscKeyRotationRole').filter(
    ({ Action }) => Action === 'iam:PassRole',
  );
  expect(passing).toMatchObject([
    { Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } } },
  ]);
});

test.each(['BmscKeyRequestRole', 'BmscKeyDistributionTaskTaskRole'])(
  '%s may itself ask KMS to open data keys, and for nothing else',
  (role) => {
    const { service } = synthesize();
    const direct = statementsOf(service, role).filter(
      ({ Action, Condition }) =>
        list(Action).some((action) => action.startsWith('kms:')) &&
        Condition?.StringEquals?.['kms:ViaService'] === undefined,
    );
    expect(direct).toMatchObject([
      { Action: 'kms:Decrypt', Condition: { Null: { 'kms:EncryptionContext:dataKeyId': 'false' } } },
    ]);
  },
);

test('no role has a managed policy, and no statement all actions', () => {
  const { service, data } = synthesize();
  for (const template of [service, data]) {
    for (const { Properties } of Object.values(resources(template, 'AWS::IAM::Role')))
      expect(Properties.ManagedPolicyArns).toBeUndefined();
    for (const { Properties } of Object.values(resources(template, 'AWS::IAM::Policy')))
      expect(JSON.stringify(Properties)).not.toMatch(/"Action":"\*"|:\*"/);
  }
});
