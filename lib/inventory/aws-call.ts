import { CodedError } from '../coded-error.ts';

/** A request to a service of AWS, not yet signed. */
export interface AwsRequest {
  /** The name that is signed for. */
  readonly service: string;
  /** The first part of the service's host name. */
  readonly host: string;
  /** @default `/` */
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How long the answer may take, in ms. @default a few seconds */
  readonly timeoutMs?: number;
}

/** What AWS answers. */
export interface AwsAnswer {
  readonly isOk: boolean;
  readonly text: string;
}

/** Signs a request and sends it. @throws Error when there is no answer */
export type AwsCall = (request: AwsRequest) => Promise<AwsAnswer>;

/** A refusal of AWS; `code` is the name of its exception. */
export class AwsRefusal extends CodedError<string> {
  override readonly name = 'AwsRefusal';
}
