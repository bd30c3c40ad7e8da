import { Capture, Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { parseSettings, SettingsError } from '../../cdk/settings/index.ts';
import { KEY_REQUEST_VARIABLE, SENDER_VARIABLE } from '../../functions/environment-variables.ts';
import { propertiesOf, resources, synthesize } from './templates.ts';

describe('front door', () => {
  test('the HTTP API has one route, one stage, no authorizer, and restores the challenge on a 401', () => {
    const { service } = synthesize();
    service.resourceCountIs('AWS::ApiGatewayV2::Route', 1);
    service.hasResourceProperties('AWS::ApiGatewayV2::Route', {
      RouteKey: '$default',
      AuthorizationType: 'NONE',
    });
    service.hasResourceProperties('AWS::ApiGatewayV2::Stage', { StageName: '$default', AutoDeploy: true });
    service.resourceCountIs('AWS::ApiGatewayV2::Authorizer', 0);
    service.hasResourceProperties('AWS::ApiGatewayV2::Integration', {
      PayloadFormatVersion: '2.0',
      ResponseParameters: {
        '401': {
          ResponseParameters: [
            {
              Destination: 'overwrite:header.www-authenticate',
              Source: '$response.header.x-bmsc-challenge',
            },
          ],
        },
      },
    });
  });

  test('the edge takes http and https, caches nothing, forwards all but Host, runs no function and proves itself', () => {
    const { service } = synthesize();
    const headers = new Capture();
    service.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: {
        DefaultCacheBehavior: {
          ViewerProtocolPolicy: 'allow-all',
          AllowedMethods: Match.arrayWith(['POST']),
          // CachingDisabled and AllViewerExceptHostHeader, by the IDs that AWS publishes.
          CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
          OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
          FunctionAssociations: Match.absent(),
          LambdaFunctionAssociations: Match.absent(),
        },
        Origins: [{ OriginPath: Match.absent(), OriginCustomHeaders: headers }],
      },
    });
    const [header] = headers.asArray();
    expect(header.HeaderName).toBe('x-bmsc-origin-secret');
    expect(JSON.stringify(header.HeaderValue)).toContain('{{resolve:secretsmanager:');
    service.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { [KEY_REQUEST_VARIABLE.originSecretArn]: Match.anyValue() } },
    });
  });

  test('the edge takes a name and a certificate of the operator, and a web ACL', () => {
    const certificateArn =
      'arn:aws:acm:us-east-1:111111111111:certificate/0a1b2c3d-0000-4000-8000-000000000000';
    const webAclArn = 'arn:aws:wafv2:us-east-1:111111111111:global/webacl/bmsc/0a1b2c3d';
    const { service } = synthesize({
      edge: { type: 'cloudfront', domainName: 'bmsc.operator.example', certificateArn, webAclArn },
    });
    service.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: {
        Aliases: ['bmsc.operator.example'],
        ViewerCertificate: { AcmCertificateArn: certificateArn, MinimumProtocolVersion: 'TLSv1.2_2021' },
        WebACLId: webAclArn,
      },
    });
    service.hasOutput('KeyManagementUrl', { Value: 'https://bmsc.operator.example/keymanagement' });
  });

  test('without an edge nothing is made of it, and the function trusts no forwarded address', () => {
    const { service } = synthesize({ edge: { type: 'none' } });
    service.resourceCountIs('AWS::CloudFront::Distribution', 0);
    service.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { [KEY_REQUEST_VARIABLE.originSecretArn]: Match.absent() } },
    });
  });

  test.each([
    [{}, { ThrottlingRateLimit: 2000, ThrottlingBurstLimit: 1000 }],
    [
      { perSecond: 50, burst: 20 },
      { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 20 },
    ],
  ])('the HTTP API takes requests at a limited rate, with %j', (keyRequest, DefaultRouteSettings) => {
    const { service } = synthesize({ keyRequest });
    service.hasResourceProperties('AWS::ApiGatewayV2::Stage', { DefaultRouteSettings });
  });

  test('concurrency is reserved only where it is set, for a new account has none to reserve', () => {
    const reserved = (keyRequest: { reservedConcurrency?: number }) =>
      Object.entries(resources(synthesize({ keyRequest }).service, 'AWS::Lambda::Function'))
        .filter(([id]) => id.startsWith('BmscKeyRequest'))
        .map(([, { Properties }]) => Properties.ReservedConcurrentExecutions);
    expect(reserved({})).toEqual([undefined]);
    expect(reserved({ reservedConcurrency: 200 })).toEqual([200]);
  });

  test('a private load balancer stands inside, takes http, and hands on repeated parameters', () => {
    const { service } = synthesize({ edge: { type: 'alb' } });
    service.resourceCountIs('AWS::ApiGatewayV2::Api', 0);
    service.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internal' });
    service.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port: 80, Protocol: 'HTTP' });
    service.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      TargetType: 'lambda',
      TargetGroupAttributes: Match.arrayWith([{ Key: 'lambda.multi_value_headers.enabled', Value: 'true' }]),
    });
  });
});

describe('queues and rules', () => {
  test('every rule target has a dead-letter queue, and every queue is one or has one', () => {
    const { service } = synthesize();
    const rules = Object.values(resources(service, 'AWS::Events::Rule'));
    expect(rules.length).toBeGreaterThan(0);
    for (const { Properties } of rules) {
      for (const target of Properties.Targets as { DeadLetterConfig?: { Arn: unknown } }[])
        expect(target.DeadLetterConfig?.Arn).toBeDefined();
    }
    const text = JSON.stringify(service.toJSON());
    for (const [id, { Properties }] of Object.entries(resources(service, 'AWS::SQS::Queue'))) {
      const isDeadLetterQueue =
        text.includes(`"deadLetterTargetArn":{"Fn::GetAtt":["${id}","Arn"]}`) ||
        text.includes(`"DeadLetterConfig":{"Arn":{"Fn::GetAtt":["${id}","Arn"]}}`);
      expect(isDeadLetterQueue || Properties.RedrivePolicy !== undefined, id).toBe(true);
    }
  });

  test('every queue refuses what does not come by TLS', () => {
    const { service } = synthesize();
    const policies = JSON.stringify(resources(service, 'AWS::SQS::QueuePolicy'));
    for (const id of Object.keys(resources(service, 'AWS::SQS::Queue')))
      expect(policies).toContain(
        `"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":{"AWS":"*"},"Resource":{"Fn::GetAtt":["${id}","Arn"]}`,
      );
  });

  test.each(['sqs', 'kms'] as const)(
    'EventBridge may use the key of every queue it writes to, encryption %s',
    (encryption) => {
      const { service } = synthesize({ queues: { encryption } });
      const written = queuesWrittenByEvents(service);
      expect(written.size).toBeGreaterThanOrEqual(2);
      for (const id of written) {
        const { KmsMasterKeyId, SqsManagedSseEnabled } = propertiesOf<{
          KmsMasterKeyId?: { 'Fn::GetAtt': [string] };
          SqsManagedSseEnabled?: boolean;
        }>(service, 'AWS::SQS::Queue', id);
        if (encryption === 'sqs') expect(SqsManagedSseEnabled, id).toBe(true);
        else expect(admitsEvents(service, KmsMasterKeyId?.['Fn::GetAtt'][0] ?? ''), id).toBe(true);
      }
    },
  );
});

/** Targets and dead-letter queues of rules, by logical ID. */
function queuesWrittenByEvents(service: Template): ReadonlySet<string> {
  const written = new Set<string>();
  for (const { Properties } of Object.values(resources(service, 'AWS::Events::Rule'))) {
    for (const match of JSON.stringify(Properties.Targets).matchAll(
      /"Arn":\{"Fn::GetAtt":\["(\w+)","Arn"\]\}/g,
    )) {
      const id = match[1] ?? '';
      if (resources(service, 'AWS::SQS::Queue')[id] !== undefined) written.add(id);
    }
  }
  return written;
}

function admitsEvents(service: Template, keyId: string): boolean {
  const { KeyPolicy } = propertiesOf<{
    KeyPolicy: { Statement: { Action: string[]; Principal: { Service?: string } }[] };
  }>(service, 'AWS::KMS::Key', keyId);
  return KeyPolicy.Statement.some(
    ({ Action, Principal }) =>
      Principal.Service === 'events.amazonaws.com' &&
      Action.includes('kms:Decrypt') &&
      Action.some((action) => action.startsWith('kms:GenerateDataKey')),
  );
}

describe('what must survive', () => {
  test('table, key and secret are retained, and keep the logical IDs that they have had from the first', () => {
    const { data } = synthesize();
    const kept = ['AWS::DynamoDB::Table', 'AWS::KMS::Key', 'AWS::SecretsManager::Secret'].flatMap((type) =>
      Object.entries(resources(data, type)),
    );
    expect(kept.map(([id]) => id)).toMatchInlineSnapshot(`
      [
        "KeyStoreTable117FAEE3",
        "KeyStoreEncryptionKeyA0D9A9D8",
        "KeyStoreNonceSecret6DA6ABCB",
      ]
    `);
    for (const [, { DeletionPolicy }] of kept) expect(DeletionPolicy).toBe('Retain');
    data.hasResourceProperties('AWS::DynamoDB::Table', {
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    });
  });

  test('with retention "destroy" nothing stays', () => {
    const { data } = synthesize({ retention: { data: 'destroy' } });
    for (const type of ['AWS::DynamoDB::Table', 'AWS::KMS::Key', 'AWS::SecretsManager::Secret'])
      for (const { DeletionPolicy } of Object.values(resources(data, type)))
        expect(DeletionPolicy).toBe('Delete');
  });

  test('logs are kept as long as set', () => {
    const { service } = synthesize({ retention: { logDays: 7 } });
    const groups = Object.values(resources(service, 'AWS::Logs::LogGroup'));
    expect(groups.length).toBeGreaterThanOrEqual(3);
    for (const { Properties } of groups) expect(Properties.RetentionInDays).toBe(7);
  });
});

describe('sender', () => {
  test('its container drains for 120 s, has an init process, a read-only root and a health check', () => {
    const { service } = synthesize();
    service.hasResourceProperties('AWS::ECS::TaskDefinition', {
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
      ContainerDefinitions: [
        {
          StopTimeout: 120,
          LinuxParameters: { InitProcessEnabled: true },
          ReadonlyRootFilesystem: true,
          HealthCheck: { Command: Match.arrayWith(['CMD', '--health']) },
          PortMappings: [{ ContainerPort: 2269, Protocol: 'udp' }],
        },
      ],
    });
  });

  test.each([
    [256, '1'],
    [1024, '1'],
    [2048, '2'],
    [4096, '4'],
  ] as const)('with %i CPU units it has %s workers', (cpu, workers) => {
    const { service } = synthesize({ sender: { cpu, memoryMiB: 2 * cpu } });
    service.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Cpu: String(cpu),
      ContainerDefinitions: [
        { Environment: Match.arrayWith([{ Name: SENDER_VARIABLE.workers, Value: workers }]) },
      ],
    });
  });

  test.each([
    ['public-address', 'ENABLED', 0],
    ['nat-gateway', 'DISABLED', 1],
    ['private', 'DISABLED', 0],
  ] as const)('UE routing %s: public address %s, %i NAT gateways', (ueRouting, assignPublicIp, gateways) => {
    const { service } = synthesize({ network: { type: 'new', ueRouting } });
    service.resourceCountIs('AWS::EC2::NatGateway', gateways);
    service.hasResourceProperties('AWS::ECS::Service', {
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: assignPublicIp } },
    });
  });

  test('an existing network gets no VPC, and verification messages come from where they may', () => {
    const { service } = synthesize({
      network: {
        type: 'existing',
        vpcId: 'vpc-0a1b2c3d4e5f60718',
        vpcCidr: '10.0.0.0/16',
        availabilityZones: ['eu-west-1a', 'eu-west-1b'],
        subnetIds: ['subnet-0a1b2c3d4e5f60718', 'subnet-0a1b2c3d4e5f60719'],
        routeTableIds: ['rtb-0a1b2c3d4e5f60718', 'rtb-0a1b2c3d4e5f60719'],
        ueRouting: 'private',
        ueNetworks: ['10.64.0.0/10', '2001:db8::/32'],
        ipv6: true,
      },
    });
    service.resourceCountIs('AWS::EC2::VPC', 0);
    service.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: [
        Match.objectLike({ CidrIp: '10.64.0.0/10', IpProtocol: 'udp', FromPort: 2269, ToPort: 2269 }),
        Match.objectLike({ CidrIpv6: '2001:db8::/32', IpProtocol: 'udp', FromPort: 2269, ToPort: 2269 }),
      ],
    });
    service.hasResourceProperties('AWS::ECS::Service', {
      NetworkConfiguration: {
        AwsvpcConfiguration: { Subnets: ['subnet-0a1b2c3d4e5f60718', 'subnet-0a1b2c3d4e5f60719'] },
      },
    });
  });

  test('it reaches AWS without the internet', () => {
    const { service } = synthesize({ network: { type: 'new', ueRouting: 'private' } });
    const names = JSON.stringify(resources(service, 'AWS::EC2::VPCEndpoint'));
    for (const name of ['dynamodb', 's3', 'sqs', 'events', 'kms', 'logs', 'ecr.api', 'ecr.dkr'])
      expect(names).toContain(`.${name}"`);
  });
});

describe('settings', () => {
  test.each([
    [{ delivery: { udpPort: 70_000 } }, 'bmsc.delivery.udpPort": from 1 to 65535'],
    [
      { edge: { type: 'cloudfront', domainName: 'bmsc.example' } },
      'bmsc.edge": domainName and certificateArn',
    ],
    [{ edge: { type: 'nginx' } }, 'bmsc.edge.type"'],
    [{ network: { type: 'new', ueRouting: 'tunnel' } }, 'bmsc.network.ueRouting"'],
    [{ keyDomains: ['1-1'] }, 'bmsc.keyDomains.0": MCC and MNC such as 001-01'],
    [{ nafFQDN: 'x' }, 'bmsc.nafFQDN"'],
  ])('%j is refused with a message that names the setting', (input, message) => {
    expect(() => parseSettings(input)).toThrow(SettingsError);
    expect(() => parseSettings(input)).toThrow(message);
  });
});

test('two syntheses make the same templates', () => {
  expect(synthesize().text).toBe(synthesize().text);
});
