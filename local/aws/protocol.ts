import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from './aws-error.ts';
import { escaped } from './xml.ts';

/** An answer of the API of AWS. */
export interface AwsAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** The name of an exception, for the header in which clients look for it. */
  readonly errorType?: string;
}

/**
 * How a service of AWS talks: in JSON, in forms that XML answers (EC2's has another error), or in XML over
 * REST (S3's has another error).
 */
export type Protocol = 'json' | 'query' | 'ec2' | 'rest-xml' | 's3';

/** Services whose REST API takes and gives XML, by their names in signatures. */
const REST_XML: ReadonlySet<string> = new Set(['cloudfront', 'route53']);

const FORM = 'application/x-www-form-urlencoded';

/** The service that a request is signed for, as `sqs`; empty for a request without a signature. */
export function serviceOf({ authorization = '' }: IncomingHttpHeaders): string {
  return /Credential=[^/]+\/[^/]+\/[^/]+\/([^/]+)\/aws4_request/.exec(authorization)?.[1] ?? '';
}

/** The protocol that a request is made in, and that its errors must have. */
export function protocolOf(headers: IncomingHttpHeaders): Protocol {
  const service = serviceOf(headers);
  if (service === 's3') return 's3';
  if (REST_XML.has(service)) return 'rest-xml';
  if (!headers['content-type']?.startsWith(FORM)) return 'json';
  return service === 'ec2' ? 'ec2' : 'query';
}

/** The refusal of an action that the local system does not have, under the name that AWS has for it. */
export function noSuchAction(what: string, protocol: Protocol): AwsError {
  const message = `the local system has no ${what}`;
  if (protocol === 'json') return new AwsError('UnknownOperationException', message);
  // Clients try most statuses from 500 on again, and not this one.
  return protocol === 's3'
    ? new AwsError('NotImplemented', message, 501)
    : new AwsError('InvalidAction', message);
}

/** An error as the clients of a protocol read it. */
export function errorAnswer({ name, message, status }: AwsError, protocol: Protocol): AwsAnswer {
  if (protocol === 'json') {
    const body = JSON.stringify({ __type: name, message });
    return { status, contentType: 'application/x-amz-json-1.1', body, errorType: name };
  }
  const error = `<Code>${escaped(name)}</Code><Message>${escaped(message)}</Message>`;
  const bodies = {
    query: `<ErrorResponse><Error><Type>Sender</Type>${error}</Error></ErrorResponse>`,
    'rest-xml': `<ErrorResponse><Error><Type>Sender</Type>${error}</Error></ErrorResponse>`,
    ec2: `<Response><Errors><Error>${error}</Error></Errors></Response>`,
    s3: `<Error>${error}</Error>`,
  };
  return { status, contentType: 'text/xml', body: bodies[protocol] };
}
