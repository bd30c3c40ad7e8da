import { HttpRequest } from '@smithy/core/protocols';
import type {
  FinalizeHandler,
  HandlerExecutionContext,
  MetadataBearer,
  MiddlewareStack,
  SelectedHttpAuthScheme,
} from '@smithy/types';

/** What the first request of a command has in common with all that follow. */
interface KnownRequest {
  readonly request: HttpRequest;
  readonly scheme: SelectedHttpAuthScheme;
}

/** What is known of a client's commands. */
export interface KnownCommands {
  /** Their names as the SDK has them; requests of all other commands are made by the SDK. */
  readonly commands: readonly string[];
  /** Whether requests with this input go to the same endpoint as all others. */
  readonly isUsual: (input: object) => boolean;
  /** The body of a request with this input. */
  readonly bodyOf: (input: object) => string;
}

/** The key by which the SDK keeps its own state in a context. */
const SMITHY = '__smithy_context';

/**
 * Makes a client take from its first request of a command what all others have in common with it: the
 * endpoint, host and user agent, and the way to authenticate. A further request is its own body under the
 * headers of the first one. It joins the SDK's way where the SDK retries, signs, sends and decodes, so that
 * all this is as without.
 *
 * Requests have no trace header, which differs by invocation.
 */
export function rememberRequests<Input extends object, Output extends MetadataBearer>(
  stack: MiddlewareStack<Input, Output>,
  { commands, isUsual, bodyOf }: KnownCommands,
): void {
  const known = new Map<string, KnownRequest>();
  /** The SDK's way from where the request is built, in each chain of middleware. */
  const onwards = new WeakMap<HandlerExecutionContext, FinalizeHandler<Input, Output>>();
  stack.removeByTag('RECURSION_DETECTION');
  stack.add(
    (next, context) => {
      onwards.set(context, next);
      return (args) => {
        const { commandName = '' } = context;
        const scheme = context[SMITHY]?.selectedHttpAuthScheme;
        if (scheme && commands.includes(commandName) && isUsual(args.input)) {
          if (HttpRequest.isInstance(args.request))
            known.set(commandName, { request: HttpRequest.clone(args.request), scheme });
        }
        return next(args);
      };
    },
    { name: 'rememberRequest', step: 'build', priority: 'low' },
  );
  stack.add(
    (next, context) => {
      const send = onwards.get(context);
      const { commandName = '' } = context;
      return (args) => {
        const like = known.get(commandName);
        if (like === undefined || send === undefined || !isUsual(args.input)) return next(args);
        authenticateAs(like, context);
        return send({ ...args, request: requestAs(like, bodyOf(args.input)) });
      };
    },
    { name: 'knownRequest', step: 'initialize', priority: 'low' },
  );
}

function requestAs({ request }: KnownRequest, body: string): HttpRequest {
  const headers = { ...request.headers, 'content-length': String(Buffer.byteLength(body)) };
  return new HttpRequest({ ...request, headers, body });
}

/** The SDK notes in these properties when the request was signed, each time anew. */
function authenticateAs({ scheme }: KnownRequest, context: HandlerExecutionContext): void {
  const { httpAuthOption } = scheme;
  const signingProperties = { ...httpAuthOption.signingProperties };
  const state = context[SMITHY];
  if (state !== undefined)
    state.selectedHttpAuthScheme = { ...scheme, httpAuthOption: { ...httpAuthOption, signingProperties } };
}
