/** A request of the page, after the guards. */
export interface ApiRequest {
  /** The parts of the path that the route names, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** What a POST brought, parsed from JSON, not yet checked. */
  readonly body: unknown;
}

/** Answers with a value for JSON. */
export type Handler = (request: ApiRequest) => Promise<unknown>;

/** A method and a path such as `/api/pushes/:pushId`, and who answers it. */
export type Route = readonly [method: 'GET' | 'POST', path: string, handler: Handler];

/** A route that was found, and the parts of the path that it names. */
export interface FoundRoute {
  readonly handler: Handler;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the route of a path, as it was sent; undefined where there is none. */
export function findRoute(routes: readonly Route[], method: string, path: string): FoundRoute | undefined {
  const parts = path.split('/');
  for (const [routeMethod, routePath, handler] of routes) {
    const names = routePath.split('/');
    if (routeMethod !== method || names.length !== parts.length) continue;
    const params: Record<string, string> = {};
    const fits = names.every((name, index) => {
      const part = parts[index] ?? '';
      if (!name.startsWith(':')) return name === part;
      const decoded = decodedPart(part);
      if (decoded === undefined || decoded === '') return false;
      params[name.slice(1)] = decoded;
      return true;
    });
    if (fits) return { handler, params };
  }
  return undefined;
}

function decodedPart(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
