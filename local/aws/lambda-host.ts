/** The child process that a Lambda handler runs in: `argv` has the module and the exported name. */
const [, , modulePath = '', exportName = 'handler'] = process.argv;
const loaded: Record<string, unknown> = await import(modulePath);
const handler = loaded[exportName];
if (typeof handler !== 'function') throw new Error(`${modulePath} exports no function ${exportName}`);

interface Invocation {
  readonly id: number;
  readonly event: unknown;
  readonly timeoutMs: number;
  readonly trace: string;
}

process.on('message', async ({ id, event, timeoutMs, trace }: Invocation) => {
  // Until the next invocation: here it may begin before this one ends.
  process.env._X_AMZN_TRACE_ID = trace;
  const deadline = Date.now() + timeoutMs;
  const context = {
    awsRequestId: `local-${id}`,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  try {
    process.send?.({ id, result: await handler(event, context) });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });
