/**
 * A middleware for clients of the SDK, at their step `deserialize`, that tells `hear` the date of each answer, ms since
 * the epoch: AWS's services all date theirs, and their clocks agree.
 */
export function hearingDates(hear: (date: number) => void) {
  return <Args, Result extends { response: unknown }>(next: (args: Args) => Promise<Result>) =>
    async (args: Args): Promise<Result> => {
      const result = await next(args);
      const date = dateOf(result.response);
      if (date !== undefined) hear(date);
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
