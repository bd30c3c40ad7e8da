import { Validations } from 'aws-cdk-lib';
import { CfnIntegration, HttpApi, IpAddressType, PayloadFormatVersion } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Settings } from '../settings/index.ts';
import { guardStage } from './api-stage.ts';
import { deploymentOf } from './deployment.ts';

/** The function that answers every request. */
export interface KeyManagementApiProps {
  readonly handler: IFunction;
  readonly logDays: RetentionDays;
  readonly limits: Pick<Settings['keyRequest'], 'perSecond' | 'burst'>;
  /** Whether UEs may ask over IPv6, too. */
  readonly ipv6: boolean;
}

/**
 * The HTTP API in front of the Key Request function: stage `$default`, every route to one Lambda. There is no
 * authorizer, for none sees the body that `auth-int` covers, and a 401 of an authorizer would miss the
 * mapping.
 */
export class KeyManagementApi extends Construct {
  readonly api: HttpApi;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, { handler, logDays, limits, ipv6 }: KeyManagementApiProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      apiName: deploymentOf(this),
      description: 'BM-SC key management: Key Request function',
      ...(ipv6 ? { ipAddressType: IpAddressType.DUAL_STACK } : {}),
      defaultIntegration: new HttpLambdaIntegration('Integration', handler, {
        payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
      }),
    });
    Validations.of(this.api).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason: 'The function authenticates by Digest auth-int, which covers the body that no authorizer sees.',
    });
    restoreChallenge(this.api);
    this.logGroup = new LogGroup(this, 'AccessLogs', { retention: logDays });
    guardStage(this.api, limits, this.logGroup);
  }
}

/**
 * The challenge reaches the UE under its own name whatever the gateway does to `WWW-Authenticate` on the way.
 */
function restoreChallenge(api: HttpApi): void {
  for (const child of api.node.findAll()) {
    if (!(child instanceof CfnIntegration)) continue;
    child.responseParameters = {
      '401': {
        ResponseParameters: [
          { Destination: 'overwrite:header.www-authenticate', Source: '$response.header.x-bmsc-challenge' },
        ],
      },
    };
  }
}
