/**
 * Prices in us-east-1 in US dollars without free tiers, as published in March to June 2026. Sources: AWS's pricing
 * pages of Fargate (Linux/ARM), DynamoDB (on demand), SQS (standard queues), EventBridge (custom events), EC2 (data
 * transfer out, first 10 TB a month) and CloudWatch (log ingestion), by way of cloudburn.io's guides of March 2026
 * to Fargate, SQS and EventBridge, vantage.sh on Fargate, and airbyte.com on DynamoDB.
 */
export const PRICES = {
  fargateVcpuHour: 0.03238,
  fargateGbHour: 0.00356,
  dynamodbReadUnit: 0.125e-6,
  dynamodbWriteUnit: 0.625e-6,
  sqsRequest: 0.4e-6,
  eventBridgeEvent: 1e-6,
  transferOutGb: 0.09,
  logsGb: 0.5,
} as const;

/** EventBridge and SQS count every 64 KiB begun as one. */
export const BILLED_CHUNK = 64 * 1024;
