import { TRACING_VARIABLE } from '../environment-variables.ts';

/**
 * The header by which Lambda names the trace of the invocation that begins now; undefined: the deployment has
 * no traces. It is read before the first wait of a handler, for the next invocation has another.
 */
export function traceHeaderOfInvocation(env: NodeJS.ProcessEnv): string | undefined {
  // Lambda sets its variable in each function, whether it is traced or not.
  return env[TRACING_VARIABLE.traces] === 'true' ? env[TRACING_VARIABLE.ofInvocation] : undefined;
}
