/**
 * A middleware for clients of the SDK, at their step `deserialize`. It calls `observe` with the date of each
 * answer, ms since the epoch: all services of AWS date their answers, and their clocks agree.
 */
export function observeServiceTime(observe: (serviceTime: number) => void) {
  return <Args, Result extends { response: unknown }>(next: (args: Args) => Promise<Result>) =>
    async (args: Args): Promise<Result> => {
      const result = await next(args);
      const date = dateOf(result.response);
      if (date !== undefined) observe(date);
      return result;
    };
}

function dateOf(response: unknown): number | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return undefined;
  const date = Date.parse(String(headers.date));
  return Number.isNaN(date) ? undefined : date;
}
