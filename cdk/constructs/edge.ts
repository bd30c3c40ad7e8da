import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Settings } from '../settings/index.ts';
import { EdgeDistribution } from './edge-distribution.ts';
import { KeyManagementApi } from './key-management-api.ts';
import type { KeyRequest } from './key-request.ts';
import { PrivateLoadBalancer } from './private-load-balancer.ts';
import type { SenderNetwork } from './sender-network.ts';

/** The Key Request function, and the network that a load balancer stands in. */
export interface EdgeProps {
  readonly settings: Settings;
  readonly keyRequest: KeyRequest;
  readonly network: SenderNetwork;
}

/** What stands between UEs and the Key Request function, as the setting `edge` says. */
export class Edge extends Construct {
  /** Scheme and host of the key management URI. */
  readonly url: string;
  /** Undefined behind a load balancer. */
  readonly api: KeyManagementApi | undefined;
  /** By which CloudFront proves itself; undefined behind anything else. */
  readonly originSecret: ISecret | undefined;

  constructor(scope: Construct, id: string, { settings, keyRequest, network }: EdgeProps) {
    super(scope, id);
    const { edge, retention, keyRequest: limits } = settings;
    const { handler } = keyRequest;
    if (edge.type === 'alb') {
      this.url = new PrivateLoadBalancer(this, 'LoadBalancer', { edge, handler, network }).url;
      return;
    }
    this.api = new KeyManagementApi(this, 'KeyManagementApi', {
      handler,
      logDays: retention.logDays,
      limits,
      ipv6: edge.type === 'none' && network.ipv6,
    });
    const { api } = this.api;
    if (edge.type === 'none') {
      this.url = api.apiEndpoint;
      return;
    }
    const { ipv6 } = network;
    const distribution = new EdgeDistribution(this, 'EdgeDistribution', { edge, api, keyRequest, ipv6 });
    this.url = distribution.url;
    this.originSecret = distribution.originSecret;
  }
}
