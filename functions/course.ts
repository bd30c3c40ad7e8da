import { AsyncLocalStorage } from 'node:async_hooks';

/** What is known of the request that a function is at work for. */
interface Course {
  correlationId: string | undefined;
  /** Names the trace, for what follows from the request; undefined: it is not traced. */
  readonly traceHeader: string | undefined;
}

const courses = new AsyncLocalStorage<Course>();

/** Does the work for one request, whose correlation ID and trace all that it calls can read. */
export function inCourse<T>(work: () => T, traceHeader?: string): T {
  return courses.run({ correlationId: undefined, traceHeader }, work);
}

/** Names the request that is being worked for. */
export function nameCourse(correlationId: string): void {
  const course = courses.getStore();
  if (course !== undefined) course.correlationId = correlationId;
}

/** The correlation ID of the request that is being worked for; undefined before it is named. */
export function correlationIdOfCourse(): string | undefined {
  return courses.getStore()?.correlationId;
}

/** The header that names the trace of the request that is being worked for; undefined: it is not traced. */
export function traceHeaderOfCourse(): string | undefined {
  return courses.getStore()?.traceHeader;
}
