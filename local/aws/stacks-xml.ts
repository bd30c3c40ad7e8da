const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';

/** The answer of DescribeStacks for one stack and its outputs. */
export function describeStacksXml(stackName: string, outputs: Readonly<Record<string, string>>): string {
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${escaped(key)}</OutputKey><OutputValue>${escaped(value)}</OutputValue></member>`,
  );
  return (
    `<DescribeStacksResponse xmlns="${NAMESPACE}"><DescribeStacksResult><Stacks><member>` +
    `<StackName>${escaped(stackName)}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>` +
    `<CreationTime>1970-01-01T00:00:00Z</CreationTime><Outputs>${members.join('')}</Outputs>` +
    '</member></Stacks></DescribeStacksResult></DescribeStacksResponse>'
  );
}

/** The answer of DescribeStacks for a stack that does not exist. */
export function stackNotFoundXml(stackName: string): string {
  return (
    `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>ValidationError</Code>` +
    `<Message>Stack with id ${escaped(stackName)} does not exist</Message></Error></ErrorResponse>`
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
