import { generateKeyPairSync } from 'node:crypto';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import { parseSettings, SettingsError } from '../../cdk/settings/index.ts';
import { KEY_EXPORT_VARIABLE } from '../../functions/environment-variables.ts';
import { createContext } from '../../functions/key-export/container.ts';
import { ownBmsc, ownStack, templateOf } from './own-stack.ts';
import { isAllowed } from './policies.ts';
import { resources, synthesize } from './templates.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const KMS_KEY = 'arn:aws:kms:eu-west-1:222222222222:key/0a1b2c3d-0000-4000-8000-000000000000';
const keyGroups = ['001-01/0010'];
const keyExport = {
  recipients: {
    mbstf: { publicKey: PEM, keyGroups },
    archive: { kmsKeyArn: KMS_KEY, keyGroups: ['001-01'] },
  },
};

test('without the setting nothing exports keys', () => {
  expect(synthesize().text).not.toContain('key-export');
});

describe('with the setting', () => {
  const stack = ownStack();
  const bmsc = ownBmsc(stack, 'Bmsc', { settings: { keyExport, edge: { type: 'cloudfront' } } });
  const roleOf = (id: string) => new Role(stack, id, { assumedBy: new AccountPrincipal('111111111111') });
  bmsc.grantExportKeys(roleOf('Mbstf'));
  bmsc.grantCommands(roleOf('Commander'));
  bmsc.grantRead(roleOf('Reader'));
  bmsc.grantProvision(roleOf('Provisioner'));
  bmsc.grantProvisionByEvent(roleOf('Bss'));
  bmsc.grantRedrive(roleOf('Redriver'));
  bmsc.grantSchedules(roleOf('Scheduler'));
  const template = templateOf(stack);
  const [functionId = ''] = Object.keys(resources(template, 'AWS::Lambda::Function')).filter((id) =>
    id.startsWith('BmscKeyExport'),
  );
  const arn = { 'Fn::GetAtt': [functionId, 'Arn'] };
  const roles = Object.keys(resources(template, 'AWS::IAM::Role'));
  const mayExport = (role: string) => isAllowed(template, role, 'lambda:InvokeFunction', arn);

  test('whoever has the grant may invoke the function, and nobody else: no other grant, no role of the BM-SC', () => {
    expect(roles.length).toBeGreaterThan(10);
    expect(roles.filter(mayExport).map((id) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual(['Mbstf']);
  });

  test('nothing leads to the function: no permission, no URL, no route, no rule', () => {
    const ways = [
      'AWS::Lambda::Permission',
      'AWS::Lambda::Url',
      'AWS::ApiGatewayV2::Integration',
      'AWS::Events::Rule',
    ];
    for (const type of ways) expect(JSON.stringify(resources(template, type))).not.toContain(functionId);
    const elsewhere = Object.entries(template.toJSON().Resources as Record<string, { Type: string }>)
      .filter(([id, resource]) => id !== functionId && JSON.stringify(resource).includes(functionId))
      .map(([, { Type }]) => Type);
    expect([...new Set(elsewhere)]).toEqual(['AWS::IAM::Policy']);
  });

  test('the function writes nothing, opens data keys, encrypts under the KMS key of a recipient, and tells two facts', () => {
    const [role = ''] = roles.filter((id) => id.startsWith('BmscKeyExportRole'));
    const statements = Object.entries(resources(template, 'AWS::IAM::Policy'))
      .filter(([id]) => id.startsWith('BmscKeyExportRoleDefaultPolicy'))
      .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: object[] }).Statement);
    expect(statements.flatMap((each) => ('Action' in each ? each.Action : []))).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Decrypt',
      'events:PutEvents',
      'kms:Encrypt',
    ]);
    expect(isAllowed(template, role, 'kms:Encrypt', KMS_KEY)).toBe(true);
    expect(statements).toContainEqual(
      expect.objectContaining({
        Action: 'events:PutEvents',
        Condition: expect.objectContaining({
          StringEquals: { 'events:detail-type': ['Keys Exported', 'Key Export Refused'] },
        }),
      }),
    );
    expect(statements).toContainEqual(
      expect.objectContaining({
        Action: ['dynamodb:BatchGetItem', 'dynamodb:GetItem'],
        Condition: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['KEY-GROUP#*', 'TRAFFIC#*', 'DATA-KEYS'] },
        },
      }),
    );
  });

  test('the function reads the recipients as the stack sets them', () => {
    const { Properties } = resources(template, 'AWS::Lambda::Function')[functionId] ?? expect.fail();
    const { Variables } = Properties.Environment as { Variables: Record<string, string> };
    const { recipients } = createContext({
      [KEY_EXPORT_VARIABLE.tableName]: 't',
      [KEY_EXPORT_VARIABLE.keyArn]: 'k',
      [KEY_EXPORT_VARIABLE.eventBusName]: 'b',
      [KEY_EXPORT_VARIABLE.recipients]: Variables[KEY_EXPORT_VARIABLE.recipients],
    });
    expect(recipients.get('archive')).toEqual({
      name: 'archive',
      wrappingKey: { kind: 'kms', keyArn: KMS_KEY },
      mayHave: [{ keyDomainId: '00f110', keyGroup: undefined }],
    });
    const { wrappingKey, mayHave } = recipients.get('mbstf') ?? expect.fail();
    expect(mayHave).toEqual([{ keyDomainId: '00f110', keyGroup: 0x10 }]);
    expect(wrappingKey.kind === 'public-key' && wrappingKey.key.equals(publicKey)).toBe(true);
  });
});

test('a grant on a deployment that exports none says which setting is missing', () => {
  const stack = ownStack();
  const role = new Role(stack, 'Role', { assumedBy: new AccountPrincipal('111111111111') });
  expect(() => ownBmsc(stack).grantExportKeys(role)).toThrow(SettingsError);
  expect(() => ownBmsc(stack, 'Other').grantExportKeys(role)).toThrow(/bmsc\.keyExport/);
});

test.each<[string, object, RegExp]>([
  [
    'a private key',
    { publicKey: privateKey.export({ type: 'pkcs8', format: 'pem' }), keyGroups },
    /BEGIN PUBLIC KEY/,
  ],
  ['both kinds of key', { publicKey: PEM, kmsKeyArn: KMS_KEY, keyGroups }, /not both/],
  ['neither', { keyGroups }, /publicKey or kmsKeyArn/],
  ['an alias', { kmsKeyArn: 'arn:aws:kms:eu-west-1:222222222222:alias/x', keyGroups }, /not of an alias/],
  ['no Key Group', { publicKey: PEM, keyGroups: [] }, /one Key Group or more/],
  ['a wrong Key Group', { publicKey: PEM, keyGroups: ['001-01/10'] }, /such as 001-01\/0010/],
  ['all Key Groups at once', { publicKey: PEM, keyGroups: ['*'] }, /such as 001-01\/0010/],
])('a recipient with %s is refused', (_, recipient, message) => {
  const parse = () => parseSettings({ keyExport: { recipients: { mbstf: recipient as never } } });
  expect(parse).toThrow(message);
  expect(parse).toThrow(/bmsc\.keyExport\.recipients\.mbstf/);
});

test('more recipients than the environment of a function takes are refused', () => {
  const many = Array.from({ length: 20 }, (_, index) => [`r${index}`, { publicKey: PEM, keyGroups }]);
  expect(() => parseSettings({ keyExport: { recipients: Object.fromEntries(many) } })).toThrow(
    /3000 characters/,
  );
  expect(() => parseSettings({ keyExport: { recipients: {} } })).toThrow(/one recipient or more/);
});
