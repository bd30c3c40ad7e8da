import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../cdk/settings/index.ts';
import { MBS_FEED_VARIABLE } from '../../functions/environment-variables.ts';
import { createParts } from '../../functions/mbs-feed/container.ts';
import { ownBmsc, ownStack, templateOf } from './own-stack.ts';
import { resources, synthesize } from './templates.ts';

const session = {
  serviceType: 'MULTICAST' as const,
  mbsSessionId: { tmgi: { mbsServiceId: '00aa01', plmnId: { mcc: '001', mnc: '01' } } },
};
const mbs = {
  sessions: {
    news: { keyGroup: '001-01/0010', session },
    elsewhere: { keyGroup: '001-01/0010', to: 'bus' as const },
  },
  mbSmf: { apiRoot: 'https://mbsmf.operator.com', update: 'patch' as const },
  tlsSecretArn: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:tls-AbCdEf',
};

test('without the setting nothing feeds 5MBS', () => {
  expect(synthesize().text).not.toContain('mbs-feed');
});

describe('with the setting', () => {
  const stack = ownStack();
  const settings = {
    mbs: { ...mbs, inVpc: true },
    keySource: { aanf: { apiRoot: 'https://aanf.net' }, inVpc: true },
  };
  ownBmsc(stack, 'Bmsc', { settings: { ...settings, network: { type: 'new', endpoints: true } } });
  const template = templateOf(stack);
  const [[functionId = '', lambda] = []] = Object.entries(
    resources(template, 'AWS::Lambda::Function'),
  ).filter(([id]) => id.startsWith('BmscMbs'));

  test('facts about MSKs and a schedule call the function', () => {
    const rules = Object.values(resources(template, 'AWS::Events::Rule'))
      .map(({ Properties }) => Properties)
      .filter((rule) => JSON.stringify(rule).includes(functionId));
    expect(rules).toMatchObject([
      {
        EventPattern: {
          source: ['bmsc.keymanagement'],
          'detail-type': ['MSK Prepared', 'MSK Rotated', 'MSK Revoked'],
        },
      },
      { ScheduleExpression: 'rate(1 minute)' },
    ]);
  });

  test('the function writes only what it handed over, and tells three facts', () => {
    const statements = Object.entries(resources(template, 'AWS::IAM::Policy'))
      .filter(([id]) => id.startsWith('BmscMbsRoleDefaultPolicy'))
      .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: object[] }).Statement);
    expect(statements).toContainEqual(
      expect.objectContaining({
        Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['MBS#*'] } },
      }),
    );
    expect(JSON.stringify(statements)).not.toMatch(
      /PutItem|DeleteItem|"kms:GenerateDataKeyWithoutPlaintext"/,
    );
    expect(statements).toContainEqual(
      expect.objectContaining({
        Action: 'events:PutEvents',
        Condition: expect.objectContaining({
          StringEquals: {
            'events:detail-type': [
              'MBS Security Context Changed',
              'MBS Session Updated',
              'MBS Session Update Failed',
              'MBS Session Released',
            ],
          },
        }),
      }),
    );
    expect(statements).toContainEqual(
      expect.objectContaining({ Action: 'secretsmanager:GetSecretValue', Resource: mbs.tlsSecretArn }),
    );
  });

  test('it stands in the VPC beside the Key Request function, with one endpoint for secrets, and an alarm watches it', () => {
    expect(lambda?.Properties).toMatchObject({ VpcConfig: { SubnetIds: expect.anything() } });
    const endpoints = Object.values(resources(template, 'AWS::EC2::VPCEndpoint'));
    const ofSecrets = endpoints.filter(({ Properties }) =>
      JSON.stringify(Properties.ServiceName).includes('secretsmanager'),
    );
    expect(ofSecrets).toHaveLength(1);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'MbsSessionsBehind',
      Statistic: 'Maximum',
    });
  });

  test('the function reads what the stack sets', async () => {
    const { Variables } = (lambda ?? expect.fail()).Properties.Environment as {
      Variables: Record<string, string>;
    };
    const { tlsSecretArn: _, ...given } = JSON.parse(Variables[MBS_FEED_VARIABLE.mbs] ?? '');
    const { sessions, context } = await createParts({
      [MBS_FEED_VARIABLE.tableName]: 't',
      [MBS_FEED_VARIABLE.keyArn]: 'k',
      [MBS_FEED_VARIABLE.eventBusName]: 'b',
      [MBS_FEED_VARIABLE.nafFqdn]: 'bmsc.operator.com',
      [MBS_FEED_VARIABLE.mbs]: JSON.stringify(given),
    });
    expect(context.update).toBe('patch');
    expect(context.status).toBeUndefined();
    const keyGroup = { keyDomainId: '00f110', keyGroup: 0x10 };
    expect(sessions).toEqual([
      { name: 'news', keyGroup, to: 'mb-smf', members: session, isEnded: false },
      { name: 'elsewhere', keyGroup, to: 'bus', members: {}, isEnded: false },
    ]);
  });
});

describe('with the status of sessions', () => {
  const status = { onRelease: 're-create' as const };
  const stack = ownStack();
  ownBmsc(stack, 'Bmsc', { settings: { mbs: { ...mbs, status } } });
  const template = templateOf(stack);
  const statementsOf = (role: string) =>
    Object.entries(resources(template, 'AWS::IAM::Policy'))
      .filter(([id]) => id.startsWith(role))
      .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: object[] }).Statement);

  test('an HTTP API of its own has one route, and no log of it has the token', () => {
    const routes = Object.values(resources(template, 'AWS::ApiGatewayV2::Route')).map(
      ({ Properties }) => Properties.RouteKey,
    );
    expect(routes).toContain('POST /mbs-status/{session}/{token}');
    const [stage] = Object.entries(resources(template, 'AWS::ApiGatewayV2::Stage'))
      .filter(([id]) => id.startsWith('BmscMbsStatus'))
      .map(([, { Properties }]) => Properties);
    expect(stage).toMatchObject({ DefaultRouteSettings: { ThrottlingRateLimit: 20 } });
    expect(JSON.stringify(stage)).not.toMatch(/context\.path|routeKey/);
  });

  test('its function reads no key: it has the items of sessions, and one fact', () => {
    const statements = statementsOf('BmscMbsStatusRole');
    // KMS lets it read the table, and open no data key: only DynamoDB may ask for it.
    for (const each of statements.filter((statement) => JSON.stringify(statement).includes('"kms:')))
      expect(JSON.stringify(each)).toMatch(/"kms:ViaService":\{"Fn::Join":\["",\["dynamodb\./);
    expect(statements).toContainEqual(
      expect.objectContaining({
        Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['MBS#*'] } },
      }),
    );
    expect(statements).toContainEqual(
      expect.objectContaining({
        Action: 'events:PutEvents',
        Condition: expect.objectContaining({
          StringEquals: { 'events:detail-type': ['MBS Session Released'] },
        }),
      }),
    );
  });

  test('the feed tells the MB-SMF of that place, a release calls it, and an alarm watches subscriptions', () => {
    const feed = Object.entries(resources(template, 'AWS::Lambda::Function')).find(([id]) =>
      id.startsWith('BmscMbsHandler'),
    );
    expect(JSON.stringify(feed)).toContain('ApiEndpoint');
    expect(JSON.stringify(feed)).toContain('/mbs-status');
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        'detail-type': ['MSK Prepared', 'MSK Rotated', 'MSK Revoked', 'MBS Session Released'],
      },
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'MbsSubscriptionsBehind' });
  });

  test('a proxy before it is a setting', async () => {
    const notifyUri = 'https://scp.operator.com/bmsc';
    const { context } = await createParts({
      ...{ [MBS_FEED_VARIABLE.tableName]: 't', [MBS_FEED_VARIABLE.keyArn]: 'k' },
      ...{ [MBS_FEED_VARIABLE.eventBusName]: 'b', [MBS_FEED_VARIABLE.nafFqdn]: 'bmsc.operator.com' },
      [MBS_FEED_VARIABLE.mbs]: JSON.stringify({
        ...{ sessions: mbs.sessions, mbSmf: mbs.mbSmf },
        status: { ...status, notifyUri },
      }),
    });
    expect(context.status).toEqual({ notifyUri, onRelease: 're-create', expiryMs: 86_400_000 });
  });
});

test.each<[string, object, RegExp]>([
  ['a status without a choice', { ...mbs, status: {} }, /status\.onRelease/],
  [
    'a status without an MB-SMF',
    { sessions: { elsewhere: mbs.sessions.elsewhere }, status: { onRelease: 'stop' } },
    /needs mbSmf/,
  ],
  ['no session', { ...mbs, sessions: {} }, /one session or more/],
  ['a session for an MB-SMF that is not set', { sessions: mbs.sessions }, /need mbSmf/],
  ['a way of updates that is not chosen', { ...mbs, mbSmf: { apiRoot: 'https://a.net' } }, /mbSmf\.update/],
  [
    'a security context of its own',
    of({ session: { ...session, mbsSecurityContext: {} } }),
    /it is made here/,
  ],
  ['a session without a name', of({ session: { serviceType: 'MULTICAST' } }), /tmgiAllocReq/],
  ['no session for the MB-SMF', of({}), /as the MB-SMF is to have it/],
  [
    'a TMGI that is none',
    of({ session: { ...session, mbsSessionId: { tmgi: { mbsServiceId: '1' } } } }),
    /6 hexa/,
  ],
  ['a wrong Key Group', of({ session, keyGroup: '001-01' }), /such as 001-01\/0010/],
])('a setting with %s is refused', (_, wrong, message) => {
  expect(() => parseSettings({ mbs: wrong as never })).toThrow(message);
});

function of(its: object) {
  return { ...mbs, sessions: { news: { keyGroup: '001-01/0010', ...its } } };
}
