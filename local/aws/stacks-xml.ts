import { escaped } from './xml.ts';

const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';

/** A stack by its name, with its outputs. */
export interface StackOutputs {
  readonly stackName: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** The answer of DescribeStacks for stacks and their outputs. */
export function describeStacksXml(stacks: readonly StackOutputs[]): string {
  return (
    `<DescribeStacksResponse xmlns="${NAMESPACE}"><DescribeStacksResult><Stacks>${stacks.map(memberOf).join('')}` +
    '</Stacks></DescribeStacksResult></DescribeStacksResponse>'
  );
}

function memberOf({ stackName, outputs }: StackOutputs): string {
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${escaped(key)}</OutputKey><OutputValue>${escaped(value)}</OutputValue></member>`,
  );
  return (
    `<member><StackName>${escaped(stackName)}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>` +
    `<CreationTime>1970-01-01T00:00:00Z</CreationTime><Outputs>${members.join('')}</Outputs></member>`
  );
}
