import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../cli/emulator/account.ts';

/** A resource of a CloudFormation template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** The part of a synthesized template that the local system reads. */
export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<
    Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>
  >;
}

/** A stack as it was synthesized. */
export interface SynthesizedStack {
  readonly stackName: string;
  readonly template: Template;
}

/** A resource with its intrinsic functions resolved. */
export interface ResolvedResource {
  readonly logicalId: string;
  readonly physicalName: string;
  /** What `Ref` gives: the URL of a queue, the ARN of a secret, else the name. */
  readonly ref: string;
  readonly arn: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** An intrinsic function or a reference that the local system can't resolve. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::Region': LOCAL_REGION,
  'AWS::AccountId': LOCAL_ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
};

/** ARNs by type. */
const ARNS: Readonly<Record<string, (name: string) => string>> = {
  'AWS::DynamoDB::Table': (name) => arnOf('dynamodb', `table/${name}`),
  'AWS::SQS::Queue': (name) => arnOf('sqs', name),
  'AWS::Events::EventBus': (name) => arnOf('events', `event-bus/${name}`),
  'AWS::SecretsManager::Secret': (name) => arnOf('secretsmanager', `secret:${name}`),
  'AWS::KMS::Key': (name) => arnOf('kms', `key/${name}`),
  'AWS::Lambda::Function': (name) => arnOf('lambda', `function:${name}`),
};

/** Types whose `Ref` is not the name. */
const REF: Readonly<Record<string, (name: string, urls: LocalUrls) => string>> = {
  'AWS::SQS::Queue': (name, { endpoint }) => `${endpoint}/${LOCAL_ACCOUNT}/${name}`,
  'AWS::SecretsManager::Secret': (name) => arnOf('secretsmanager', `secret:${name}`),
};

/** Where the local system stands in for AWS, and for the HTTP API. */
export interface LocalUrls {
  readonly endpoint: string;
  readonly api: string;
}

/** The synthesized stacks with Ref, GetAtt, Join, Sub, ImportValue and pseudo parameters resolved. */
export class ResolvedStacks {
  readonly #stacks: readonly SynthesizedStack[];
  readonly #urls: LocalUrls;
  readonly #exports: ReadonlyMap<string, { readonly stack: SynthesizedStack; readonly value: unknown }>;

  constructor(stacks: readonly SynthesizedStack[], urls: LocalUrls) {
    this.#stacks = stacks;
    this.#urls = urls;
    this.#exports = exportsOf(stacks);
  }

  /** @throws TemplateError for what the local system does not resolve, as do the other methods */
  resourcesOfType(type: string): readonly ResolvedResource[] {
    return this.#stacks.flatMap((stack) =>
      Object.entries(stack.template.Resources)
        .filter(([, resource]) => resource.Type === type)
        .map(([logicalId, { Properties = {} }]) => ({
          logicalId,
          physicalName: nameOf(stack, logicalId),
          ref: this.#ref(stack, logicalId),
          arn: this.#attribute(stack, logicalId, 'Arn'),
          properties: this.#resolveValues(stack, Properties),
        })),
    );
  }

  /** @throws TemplateError when there is not exactly one */
  onlyResource(type: string): ResolvedResource {
    const [only, ...others] = this.resourcesOfType(type);
    if (only === undefined || others.length > 0)
      throw new TemplateError(`the stacks need exactly one ${type}`);
    return only;
  }

  /** The names of the stacks. */
  get names(): readonly string[] {
    return this.#stacks.map(({ stackName }) => stackName);
  }

  /** @returns undefined when there is no such stack */
  outputsOf(stackName: string): Readonly<Record<string, string>> | undefined {
    const stack = this.#stacks.find((each) => each.stackName === stackName);
    if (stack === undefined) return undefined;
    const outputs = Object.entries(stack.template.Outputs ?? {});
    return Object.fromEntries(
      outputs.map(([name, { Value }]) => [name, String(this.#resolve(stack, Value))]),
    );
  }

  #resolve(stack: SynthesizedStack, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.#resolve(stack, each));
    if (!isRecord(value)) return value;
    const [[name, argument] = ['', undefined], ...others] = Object.entries(value);
    const isIntrinsic = others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'));
    return isIntrinsic ? this.#intrinsic(stack, name, argument) : this.#resolveValues(stack, value);
  }

  #resolveValues(stack: SynthesizedStack, record: Readonly<Record<string, unknown>>) {
    return Object.fromEntries(Object.entries(record).map(([key, each]) => [key, this.#resolve(stack, each)]));
  }

  #intrinsic(stack: SynthesizedStack, name: string, argument: unknown): unknown {
    const list = Array.isArray(argument) ? argument : [];
    switch (name) {
      case 'Ref':
        return this.#ref(stack, String(argument));
      case 'Fn::GetAtt':
        return this.#attribute(stack, String(list[0]), String(list[1]));
      case 'Fn::Join':
        return textsOf(this.#resolve(stack, list[1])).join(String(list[0]));
      case 'Fn::Sub':
        return String(argument).replace(/\$\{([^}]+)\}/g, (_, id: string) => this.#ref(stack, id));
      case 'Fn::ImportValue':
        return this.#imported(stack, argument);
      default:
        throw new TemplateError(`${stack.stackName}: ${name} is not resolved by the local system`);
    }
  }

  #ref(stack: SynthesizedStack, logicalId: string): string {
    const pseudo = PSEUDO_PARAMETERS[logicalId];
    if (pseudo !== undefined) return pseudo;
    const resource = stack.template.Resources[logicalId];
    if (resource === undefined)
      throw new TemplateError(`${stack.stackName}: there is no resource ${logicalId}`);
    const name = nameOf(stack, logicalId);
    return REF[resource.Type]?.(name, this.#urls) ?? name;
  }

  #attribute(stack: SynthesizedStack, logicalId: string, attribute: string): string {
    const name = nameOf(stack, logicalId);
    const type = stack.template.Resources[logicalId]?.Type ?? '';
    if (attribute === 'Arn') return ARNS[type]?.(name) ?? arnOf('local', name);
    if (attribute === 'ApiEndpoint') return this.#urls.api;
    return `${name}.${attribute}`;
  }

  #imported(stack: SynthesizedStack, name: unknown): unknown {
    const exported = this.#exports.get(String(this.#resolve(stack, name)));
    if (exported === undefined)
      throw new TemplateError(`${stack.stackName}: nothing exports ${String(name)}`);
    return this.#resolve(exported.stack, exported.value);
  }
}

/** The ARN of a resource in the local account: `rest` follows the service, region and account. */
export function arnOf(service: string, rest: string): string {
  return `arn:aws:${service}:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${rest}`;
}

function exportsOf(stacks: readonly SynthesizedStack[]) {
  const exports = new Map<string, { readonly stack: SynthesizedStack; readonly value: unknown }>();
  for (const stack of stacks) {
    for (const { Value: value, Export } of Object.values(stack.template.Outputs ?? {}))
      if (typeof Export?.Name === 'string') exports.set(Export.Name, { stack, value });
  }
  return exports;
}

function nameOf({ stackName }: SynthesizedStack, logicalId: string): string {
  return `${stackName}-${logicalId}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
