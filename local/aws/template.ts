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

/** What local code needs to know of the stacks. */
export interface ResolvedStacks {
  readonly resourcesOfType: (type: string) => readonly ResolvedResource[];
  /** @throws TemplateError when there is not exactly one */
  readonly onlyResource: (type: string) => ResolvedResource;
  readonly outputsOf: (stackName: string) => Readonly<Record<string, string>> | undefined;
}

/** An intrinsic function or a reference that the local system can't resolve. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** Services of which resources are named; the rest of the ARN follows the type. */
const ARN_PARTS: Readonly<Record<string, (name: string) => string>> = {
  'AWS::DynamoDB::Table': (name) => arn('dynamodb', `table/${name}`),
  'AWS::SQS::Queue': (name) => arn('sqs', name),
  'AWS::Events::EventBus': (name) => arn('events', `event-bus/${name}`),
  'AWS::SecretsManager::Secret': (name) => arn('secretsmanager', `secret:${name}`),
  'AWS::KMS::Key': (name) => arn('kms', `key/${name}`),
  'AWS::Lambda::Function': (name) => arn('lambda', `function:${name}`),
};

/** Types whose `Ref` is not the name. */
const REF: Readonly<Record<string, (name: string, urls: LocalUrls) => string>> = {
  'AWS::SQS::Queue': (name, { endpoint }) => `${endpoint}/${LOCAL_ACCOUNT}/${name}`,
  'AWS::SecretsManager::Secret': (name) => arn('secretsmanager', `secret:${name}`),
};

/** Where the local system stands in for AWS, and for the HTTP API. */
export interface LocalUrls {
  readonly endpoint: string;
  readonly api: string;
}

/** Resolves what the stacks' resources refer to: Ref, GetAtt, Join, Sub, ImportValue, pseudo parameters. */
export function resolveStacks(stacks: readonly SynthesizedStack[], urls: LocalUrls): ResolvedStacks {
  const exports = new Map<string, { stack: SynthesizedStack; value: unknown }>();
  for (const stack of stacks) {
    for (const output of Object.values(stack.template.Outputs ?? {})) {
      if (typeof output.Export?.Name === 'string')
        exports.set(output.Export.Name, { stack, value: output.Value });
    }
  }

  const nameOf = (stack: SynthesizedStack, logicalId: string) => `${stack.stackName}-${logicalId}`;

  const ref = (stack: SynthesizedStack, logicalId: string): unknown => {
    const pseudo = PSEUDO_PARAMETERS[logicalId];
    if (pseudo !== undefined) return pseudo;
    const resource = stack.template.Resources[logicalId];
    if (resource === undefined)
      throw new TemplateError(`${stack.stackName}: there is no resource ${logicalId}`);
    const name = nameOf(stack, logicalId);
    return REF[resource.Type]?.(name, urls) ?? name;
  };

  const attribute = (stack: SynthesizedStack, logicalId: string, name: string): string => {
    const type = stack.template.Resources[logicalId]?.Type ?? '';
    if (name === 'Arn') return (ARN_PARTS[type] ?? ((id) => arn('local', id)))(nameOf(stack, logicalId));
    if (name === 'ApiEndpoint') return urls.api;
    return `${nameOf(stack, logicalId)}.${name}`;
  };

  const resolve = (stack: SynthesizedStack, value: unknown): unknown => {
    if (Array.isArray(value)) return value.map((each) => resolve(stack, each));
    if (!isRecord(value)) return value;
    const [[name, argument] = ['', undefined], ...others] = Object.entries(value);
    if (others.length > 0 || (name !== 'Ref' && !name.startsWith('Fn::'))) {
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(stack, each)]));
    }
    return intrinsic(stack, name, argument);
  };

  const intrinsic = (stack: SynthesizedStack, name: string, argument: unknown): unknown => {
    const list = Array.isArray(argument) ? argument : [];
    switch (name) {
      case 'Ref':
        return ref(stack, String(argument));
      case 'Fn::GetAtt':
        return attribute(stack, String(list[0]), String(list[1]));
      case 'Fn::Join':
        return asList(resolve(stack, list[1])).join(String(list[0]));
      case 'Fn::Sub':
        return String(argument).replace(/\$\{([^}]+)\}/g, (_, id: string) => String(ref(stack, id)));
      case 'Fn::ImportValue': {
        const exported = exports.get(String(resolve(stack, argument)));
        if (exported === undefined)
          throw new TemplateError(`${stack.stackName}: nothing exports ${String(argument)}`);
        return resolve(exported.stack, exported.value);
      }
      default:
        throw new TemplateError(`${stack.stackName}: ${name} is not resolved by the local system`);
    }
  };

  const resourcesOfType = (type: string): ResolvedResource[] =>
    stacks.flatMap((stack) =>
      Object.entries(stack.template.Resources)
        .filter(([, resource]) => resource.Type === type)
        .map(([logicalId, { Properties = {} }]) => ({
          logicalId,
          physicalName: nameOf(stack, logicalId),
          ref: String(ref(stack, logicalId)),
          arn: attribute(stack, logicalId, 'Arn'),
          properties: Object.fromEntries(
            Object.entries(Properties).map(([key, value]) => [key, resolve(stack, value)]),
          ),
        })),
    );

  return {
    resourcesOfType,
    onlyResource: (type) => {
      const [only, ...others] = resourcesOfType(type);
      if (only === undefined || others.length > 0)
        throw new TemplateError(`the stacks need exactly one ${type}`);
      return only;
    },
    outputsOf: (stackName) => {
      const stack = stacks.find((each) => each.stackName === stackName);
      if (stack === undefined) return undefined;
      const outputs = Object.entries(stack.template.Outputs ?? {});
      return Object.fromEntries(outputs.map(([name, { Value }]) => [name, String(resolve(stack, Value))]));
    },
  };
}

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::Region': LOCAL_REGION,
  'AWS::AccountId': LOCAL_ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
};

function arn(service: string, rest: string): string {
  return `arn:aws:${service}:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${rest}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function asList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
