/** The child process that a Lambda handler runs in: `argv` has the module and the exported name. */
const [, , modulePath = '', exportName = 'handler'] = process.argv;
const loaded: Record<string, unknown> = await import(modulePath);
const handler = loaded[exportName];
if (typeof handler !== 'function') throw new Error(`${modulePath} exports no function ${exportName}`);

interface Invocation {
  readonly id: number;
  readonly event: unknown;
  readonly timeoutMs: number;
}

process.on('message', async ({ id, event, timeoutMs }: Invocation) => {
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
