import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { buildApp } from '../../cdk/build-app.ts';
import { parseSettings, type SettingsInput } from '../../cdk/settings/index.ts';
import { NAF_FQDN } from './templates.ts';

const VARIANTS: Readonly<Record<string, SettingsInput>> = {
  'the defaults': {},
  'no edge, NAT gateway, queues under KMS': {
    edge: { type: 'none' },
    network: { type: 'new', ueRouting: 'nat-gateway' },
    queues: { encryption: 'kms' },
  },
  'keys of a private BSF': {
    keySource: {
      bsf: { apiRoot: 'https://bsf.example.net' },
      aanf: { discover: true },
      nrf: { apiRoot: 'https://nrf.example.net', nfInstanceId: '0e2c0f52-6bfb-4d4c-8b3a-9d3f0b1f6f0a' },
      tlsSecretArn: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:sbi-AbCdEf',
      inVpc: true,
    },
  },
  'an event log, a schema registry, commands of another account': {
    events: { log: true, schemaRegistry: true, commandAccounts: ['111122223333'] },
  },
  'keys over Diameter Zn': {
    keySource: {
      zn: {
        realm: 'home1.net',
        transport: 'tls',
        peers: [{ identity: 'bsf.home1.net', address: 'bsf.home1.net' }],
      },
      tlsSecretArn: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:sbi-AbCdEf',
      inVpc: true,
    },
  },
  traces: { operations: { traces: true } },
  'exported keys, and MSKs for 5MBS': {
    keyExport: {
      recipients: {
        archive: {
          kmsKeyArn: 'arn:aws:kms:eu-west-1:222222222222:key/0a1b2c3d-0000-4000-8000-000000000000',
          keyGroups: ['001-01'],
        },
      },
    },
    mbs: {
      sessions: {
        news: {
          keyGroup: '001-01/0010',
          session: {
            serviceType: 'MULTICAST',
            mbsSessionId: { tmgi: { mbsServiceId: '00aa01', plmnId: { mcc: '001', mnc: '01' } } },
          },
        },
      },
      mbSmf: { apiRoot: 'https://mbsmf.operator.com', update: 'patch' },
      status: { onRelease: 'stop' },
      tlsSecretArn: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:tls-AbCdEf',
      inVpc: true,
    },
  },
  'traffic keys, and a source of one Key Domain': {
    events: { keyDomainSources: { visited: ['001-02'] } },
    traffic: {
      streams: [
        {
          serviceId: 'urn:example:news',
          keyGroup: '001-01/0001',
          mtks: { address: '239.255.0.1', port: 2269 },
          srtp: { from: { address: '0.0.0.0', port: 5002 }, to: { address: '239.255.0.1', port: 5004 } },
        },
      ],
    },
  },
  'a private load balancer, private routing': {
    edge: { type: 'alb', certificateArn: 'arn:aws:acm:eu-west-1:111111111111:certificate/a' },
    network: { type: 'new', ueRouting: 'private', ueNetworks: ['10.0.0.0/8'] },
  },
};

describe('the AWS Solutions rules find nothing that is not acknowledged with a reason', () => {
  test.each(Object.entries(VARIANTS))('with %s', (_name, input) => {
    const outdir = mkdtempSync(join(tmpdir(), 'bmsc-nag-'));
    try {
      const { app } = buildApp(parseSettings({ nafFqdn: NAF_FQDN, ...input }), {
        outdir,
        context: { 'aws:cdk:bundling-stacks': [] },
      });
      Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
      expect(() => app.synth()).not.toThrow();
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  });
});
