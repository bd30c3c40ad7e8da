import { performance } from 'node:perf_hooks';

/** A process that loads one bundle, gives it one event, prints what each of the two cost, and ends. */
const [, , modulePath = '', event = '{}'] = process.argv;

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const before = cpuMs();
const loaded: { handler: (event: unknown, context: unknown) => Promise<unknown> } = await import(modulePath);
const evaluated = cpuMs();
const startedAt = performance.now();
const answer = await loaded.handler(JSON.parse(event), { awsRequestId: 'bench' });
process.send?.({
  evaluationCpuMs: evaluated - before,
  firstCallCpuMs: cpuMs() - evaluated,
  firstCallMs: performance.now() - startedAt,
  answer,
});
