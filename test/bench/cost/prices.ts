/**
 * List prices in us-east-1, US dollars, without free tiers and discounts, as AWS's public price pages had
 * them in 2025. Check them before you rely on the figures that follow from them.
 */
export const PRICES = {
  asOf: '2025',
  /**
   * What others have published of these prices in 2026: the same figures, in the months that their pages say.
   * AWS's own pages could not be read.
   */
  confirmed: [
    'Fargate (June 2026)',
    'NAT gateway, public IPv4 address and interface endpoint (June 2026)',
    'alarm, dashboard and custom metric (June 2026)',
    'Lambda (March 2026)',
    'HTTP API (2026)',
  ],
  unconfirmed: ['DynamoDB', 'EventBridge', 'SQS', 'CloudFront', 'load balancer', 'KMS', 'Secrets Manager'],
  region: 'us-east-1',
  /** DynamoDB on demand, for a million. */
  readUnits: 0.125,
  writeUnits: 0.625,
  /** DynamoDB storage, for a GB and month. */
  storage: 0.25,
  /** HTTP API, and CloudFront by https in North America and Europe, for a million requests. */
  httpApi: 1.0,
  cloudFront: 1.0,
  /** Lambda on arm64: for a million requests, and for a GB-second. */
  lambdaRequests: 0.2,
  lambdaGbSecond: 0.000_013_333_4,
  /** EventBridge custom events, and SQS requests, for a million. */
  events: 1.0,
  queueRequests: 0.4,
  /** Octets out of AWS to the internet, for a GB. */
  dataOut: 0.09,
  /** Fargate on arm64, Linux: for a vCPU and hour, and a GB and hour. */
  fargateVcpuHour: 0.032_38,
  fargateGbHour: 0.003_56,
  /** Interface endpoint, for a zone and hour. */
  endpointHour: 0.01,
  /** A public IPv4 address, a NAT gateway and an Application Load Balancer, for an hour, without data. */
  publicIpv4Hour: 0.005,
  natGatewayHour: 0.045,
  loadBalancerHour: 0.0225,
  /** CloudWatch: an alarm of one metric, a dashboard, and a custom metric, for a month. */
  alarm: 0.1,
  dashboard: 3.0,
  customMetric: 0.3,
  /** A KMS key, and a secret, for a month. */
  kmsKey: 1.0,
  secret: 0.4,
} as const;
