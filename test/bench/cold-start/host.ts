import { performance } from 'node:perf_hooks';

/** A process that loads one bundle, gives it one event, and tells what that cost; then it ends. */
const [, , modulePath = '', event = '{}'] = process.argv;
const startedAt = performance.now();
const before = process.cpuUsage();
const loaded: { handler: (event: unknown, context: unknown) => Promise<unknown> } = await import(modulePath);
const answer = await loaded.handler(JSON.parse(event), { awsRequestId: 'bench' });
const { user, system } = process.cpuUsage(before);
process.send?.({ cpuMs: (user + system) / 1000, wallMs: performance.now() - startedAt, answer });
