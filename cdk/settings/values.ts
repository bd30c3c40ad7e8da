import * as v from 'valibot';

/** A whole number from `min` to `max`. */
export const whole = (min: number, max: number) =>
  v.pipe(
    v.number(),
    v.integer('a whole number'),
    v.minValue(min, `from ${min} to ${max}`),
    v.maxValue(max, `from ${min} to ${max}`),
  );

/** The ARN of a resource of one AWS service. */
export const arn = (service: string) =>
  v.pipe(v.string(), v.regex(new RegExp(`^arn:[a-z-]+:${service}:`), `an ARN of ${service}`));

/** An IPv4 or IPv6 network such as `10.0.0.0/8`. */
export const cidr = v.pipe(
  v.string(),
  v.regex(/^[0-9a-fA-F.:]+\/[0-9]{1,3}$/, 'a network such as 10.0.0.0/8 or 2001:db8::/32'),
);

/** A number from `min` to `max`. */
export const within = (min: number, max: number) =>
  v.pipe(v.number(), v.minValue(min, `from ${min} to ${max}`), v.maxValue(max, `from ${min} to ${max}`));
