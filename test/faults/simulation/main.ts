import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../seeded-random.ts';
import { type Cost, costOf } from './cost.ts';
import { type PushModel, type SimulatedPush, simulatePush } from './model.ts';
import { BILLING, DEPLOYED, PUSHES, TASKS } from './parameters.ts';
import { type Plot, plotsAsSvg, type Series } from './plot.ts';
import { LOCAL, RUNS, type Run } from './runs.ts';

/** States time and cost of pushes, checks the model against the runs, and draws `docs/delivery/push.svg`. */

const SEED = 1;
/** The cost hardly depends on it. */
const TASKS_OF_COST = 16;
const PLOT = join(import.meta.dirname, '../../../docs/delivery/push.svg');

interface Stated {
  readonly model: PushModel;
  readonly push: SimulatedPush;
  readonly cost: Cost;
}

const stated = TASKS.map((tasks) => PUSHES.map((ues) => state({ ...DEPLOYED, ues, tasks })));
const say = (text: string) => process.stdout.write(`${text}\n`);

say(
  '| UEs | tasks | time | UEs a second | messages | cost, US$ | Fargate | DynamoDB | SQS | EventBridge | data out |',
);
say('|---|---|---|---|---|---|---|---|---|---|---|');
for (const row of stated.flat().toSorted((one, other) => one.model.ues - other.model.ues)) say(rowOf(row));

say('\n| run | UEs | senders | model, s | run, s | difference |');
say('|---|---|---|---|---|---|');
for (const run of RUNS) {
  const predicted = predictedSeconds(run);
  const difference = Math.round((predicted / run.seconds - 1) * 100);
  say(
    `| ${run.scenario} | ${run.ues} | ${run.tasks} | ${predicted.toFixed(1)} | ${run.seconds.toFixed(1)} | ${difference} % |`,
  );
}

writeFileSync(PLOT, plotsAsSvg('Time and cost of a push', [timePlot(), costPlot()]));

function state(model: PushModel): Stated {
  const push = simulatePush(model, seededRandom(SEED));
  return { model, push, cost: costOf(model, BILLING, push) };
}

function predictedSeconds({ ues, tasks, changes }: Run): number {
  return simulatePush({ ...LOCAL, ...changes, ues, tasks }, seededRandom(SEED)).seconds;
}

function rowOf({ model, push, cost }: Stated): string {
  const dollars = [cost.total, cost.fargate, cost.dynamodb, cost.sqs, cost.eventBridge, cost.dataOut];
  const cells = [
    `${model.ues / 1e6} M`,
    model.tasks,
    duration(push.seconds),
    Math.round(model.ues / push.seconds),
    `${(push.messages / 1e6).toFixed(2)} M`,
    ...dollars.map((each) => each.toFixed(2)),
  ];
  return `| ${cells.join(' | ')} |`;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function timePlot(): Plot {
  const plain = RUNS.filter(({ scenario }) => scenario === '1-senders');
  const runs: Series[] = [
    {
      name: '',
      points: plain.map((run) => [run.ues, predictedSeconds(run)] as const),
      style: 'line',
    },
    {
      name: 'runs on one machine',
      nameSide: 'left',
      points: plain.map(({ ues, seconds }) => [ues, seconds] as const),
      style: 'points',
    },
  ];
  return {
    title: 'Time of a push',
    xLabel: 'UEs',
    yLabel: 'time',
    x: [3, 8],
    y: [-0.3, 6],
    yTicks: { '1 s': 1, '10 s': 10, '1 min': 60, '10 min': 600, '1 h': 3600, '1 d': 86_400 },
    series: [
      ...stated.map((row, index): Series => {
        const points = row.map(({ model, push }) => [model.ues, push.seconds] as const);
        return { name: `${TASKS[index]} task${TASKS[index] === 1 ? '' : 's'}`, points, style: 'line' };
      }),
      ...runs,
    ],
  };
}

function costPlot(): Plot {
  const row = stated[TASKS.indexOf(TASKS_OF_COST)] ?? [];
  const line = (name: string, part: keyof Cost): Series => ({
    name,
    points: row.map(({ model, cost }) => [model.ues, cost[part]] as const),
    style: 'line',
  });
  return {
    title: `Cost of a push shared by ${TASKS_OF_COST} tasks`,
    xLabel: 'UEs',
    yLabel: 'US$ in us-east-1',
    x: [6, 8],
    y: [-3, 2],
    series: [
      line('total', 'total'),
      line('DynamoDB', 'dynamodb'),
      line('data out', 'dataOut'),
      line('SQS', 'sqs'),
      line('Fargate', 'fargate'),
      line('EventBridge', 'eventBridge'),
    ],
  };
}
