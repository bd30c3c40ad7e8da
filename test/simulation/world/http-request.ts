import type { HttpRequest } from '@smithy/core/protocols';

/** Its body. */
export function textOf({ body }: HttpRequest): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body);
}

/** `Service.Action`. */
export function nameOf({ headers, method, path }: HttpRequest): string {
  return headers['x-amz-target'] ?? `Scheduler.${method} ${path.split('/')[1]}`;
}
