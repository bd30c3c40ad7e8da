/** What AWS did not let a command do, as its message says it. */
interface Denied {
  readonly who: string;
  readonly action: string;
  readonly resource: string | undefined;
}

/** Names that the services of AWS have for a lack of rights. */
const DENIED =
  /^(AccessDenied(Exception)?|NotAuthorized(Exception)?|UnauthorizedOperation|AuthorizationError)$/;
/** Names of credentials that are not there, not known, or no longer good. */
const NO_CREDENTIALS =
  /^(CredentialsProviderError|ExpiredToken(Exception)?|UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException|SignatureDoesNotMatch|TokenProviderError)$/;
/** A chain of causes is followed so far. */
const MAX_CAUSES = 8;

/**
 * Says of an error of AWS who may not do what with which resource, or what is wrong with the credentials, and
 * what to do. @returns undefined for any other error
 */
export function explainRefusal(
  error: unknown,
): { readonly code: string; readonly message: string } | undefined {
  const of = causesOf(error).find(({ name }) => DENIED.test(name) || NO_CREDENTIALS.test(name));
  if (of === undefined) return undefined;
  if (!DENIED.test(of.name))
    return {
      code: 'no-credentials',
      message: `AWS takes no credentials of this shell (${of.name}: ${of.message}). Sign in, or name others with --profile`,
    };
  const denied = deniedOf(of.message);
  const what = denied
    ? `${denied.who} may not ${denied.action}${denied.resource === undefined ? '' : ` on ${denied.resource}`}`
    : of.message;
  return {
    code: 'access-denied',
    message: `AWS refuses it: ${what}. Let it (docs/operations.md has the statements that each task needs; with CDK, grantRead, grantProvision and their like), or name another identity with --profile`,
  };
}

/**
 * Reads `User: <ARN> is not authorized to perform: <action> on resource: <ARN> …`; the resource may be
 * missing, as it is where an action has none.
 */
function deniedOf(message: string): Denied | undefined {
  const { who, action, resource } =
    /User: (?<who>\S+) is not authorized to perform: (?<action>[\w-]+:\w+)(?: on resource: (?<resource>\S+))?/.exec(
      message,
    )?.groups ?? {};
  return who === undefined || action === undefined ? undefined : { who, action, resource };
}

function causesOf(error: unknown): readonly Error[] {
  const causes: Error[] = [];
  for (let each = error; each instanceof Error && causes.length < MAX_CAUSES; each = each.cause)
    causes.push(each);
  return causes;
}
