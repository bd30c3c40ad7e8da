import { Aws, Duration, Fn, RemovalPolicy, SecretValue, Validations } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ORIGIN_SECRET_HEADER } from '../../lib/front-door/ue-address.ts';
import type { Settings } from '../settings/index.ts';
import type { KeyRequest } from './key-request.ts';

/** The API that the distribution forwards to, and the function that checks where requests come from. */
export interface EdgeDistributionProps {
  readonly edge: Extract<Settings['edge'], { type: 'cloudfront' }>;
  readonly api: HttpApi;
  readonly keyRequest: KeyRequest;
  /** Whether the sender reaches UEs with IPv6. */
  readonly ipv6: boolean;
}

/**
 * CloudFront before the HTTP API: plain http as well as https, nothing cached, everything forwarded but Host.
 * There is no edge function: CloudFront runs none on a 401. The secret header proves to the Key Request
 * function that a request, and the address of its UE, came through here.
 */
export class EdgeDistribution extends Construct {
  readonly url: string;
  readonly originSecret: ISecret;

  constructor(scope: Construct, id: string, { edge, api, keyRequest, ipv6 }: EdgeDistributionProps) {
    super(scope, id);
    const originSecret = new Secret(this, 'OriginSecret', {
      description: 'BM-SC: proof that a request came through the edge',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.originSecret = originSecret;
    keyRequest.trustEdge(originSecret);
    const distribution = new Distribution(this, 'Distribution', {
      comment: 'BM-SC key management',
      defaultBehavior: {
        origin: new HttpOrigin(`${api.apiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}`, {
          protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
          originSslProtocols: [OriginSslPolicy.TLS_V1_2],
          readTimeout: Duration.seconds(20),
          // A reference that CloudFormation resolves at deployment: the secret stands in no template.
          customHeaders: { [ORIGIN_SECRET_HEADER]: referenceTo(originSecret, edge.originSecretVersion) },
        }),
        viewerProtocolPolicy: ViewerProtocolPolicy.ALLOW_ALL,
        allowedMethods: AllowedMethods.ALLOW_ALL,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        compress: false,
      },
      // A UE is sent its MSKs where it asked from: it may ask over IPv6 only if the sender reaches it there.
      enableIpv6: ipv6,
      httpVersion: HttpVersion.HTTP2_AND_3,
      ...(edge.webAclArn === undefined ? {} : { webAclId: edge.webAclArn }),
      ...(edge.domainName === undefined || edge.certificateArn === undefined
        ? {}
        : {
            domainNames: [edge.domainName],
            minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
            certificate: Certificate.fromCertificateArn(this, 'Certificate', edge.certificateArn),
          }),
    });
    Validations.of(originSecret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'The distribution learns it at deployment: it is changed by hand (docs/operations.md).',
    });
    Validations.of(distribution).acknowledge(
      { id: 'AwsSolutions-CFR1', reason: 'UEs roam: where they are is no reason to refuse them.' },
      { id: 'AwsSolutions-CFR2', reason: 'A web ACL is a setting: edge.webAclArn.' },
      { id: 'AwsSolutions-CFR3', reason: 'The HTTP API behind it logs every request.' },
      {
        id: 'AwsSolutions-CFR4',
        reason: 'UEs of TS 33.246 speak plain http too: Digest protects the exchange.',
      },
    );
    this.url = Fn.join('', ['https://', edge.domainName ?? distribution.distributionDomainName]);
  }
}

/** A reference that CloudFormation resolves when the distribution is made or changed. */
function referenceTo(secret: Secret, versionId: string | undefined): string {
  const value =
    versionId === undefined
      ? secret.secretValue
      : SecretValue.secretsManager(secret.secretArn, { versionId });
  return value.unsafeUnwrap();
}
