import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';
import { type Cost, costOf } from './cost.ts';
import { type PushModel, type SimulatedPush, simulatePush } from './model.ts';
import { BILLING, DEPLOYED, PUSHES, TASKS } from './parameters.ts';
import { type Plot, plotsAsSvg, type Series } from './plot.ts';
import { LOCAL, RUNS } from './runs.ts';

/** States time and cost of pushes, checks the model against the runs, and draws `docs/delivery/push.svg`. */

const SEED = 1;
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

say('\n| run: UEs | senders | model, s | run, s | difference |');
say('|---|---|---|---|---|');
for (const { ues, tasks, seconds } of RUNS) {
  const predicted = simulatePush({ ...LOCAL, ues, tasks }, seededRandom(SEED)).seconds;
  const difference = Math.round((predicted / seconds - 1) * 100);
  say(`| ${ues} | ${tasks} | ${predicted.toFixed(1)} | ${seconds.toFixed(1)} | ${difference} % |`);
}

writeFileSync(PLOT, plotsAsSvg([timePlot(), costPlot()]));

function state(model: PushModel): Stated {
  const push = simulatePush(model, seededRandom(SEED));
  return { model, push, cost: costOf(model, BILLING, push) };
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
  const [local] = RUNS;
  const predicted = RUNS.map(({ ues, tasks }) => {
    return [ues, simulatePush({ ...LOCAL, ues, tasks }, seededRandom(SEED)).seconds] as const;
  });
  const runs: Series[] =
    local === undefined
      ? []
      : [
          { name: 'model, local', points: predicted, style: 'line' },
          { name: 'run', points: RUNS.map(({ ues, seconds }) => [ues, seconds] as const), style: 'points' },
        ];
  return {
    title: 'Time of a push',
    xLabel: 'UEs',
    yLabel: 'time',
    x: [3, 8],
    y: [-0.3, 6],
    yTicks: { '1 s': 1, '10 s': 10, '1 min': 60, '10 min': 600, '1 h': 3600, '1 d': 86_400 },
    series: [
      ...stated.map((row, place): Series => {
        const points = row.map(({ model, push }) => [model.ues, push.seconds] as const);
        return { name: `${TASKS[place]} task${TASKS[place] === 1 ? '' : 's'}`, points, style: 'line' };
      }),
      ...runs,
    ],
  };
}

function costPlot(): Plot {
  return {
    title: 'Cost of a push',
    xLabel: 'UEs',
    yLabel: 'US$ in us-east-1',
    x: [6, 8],
    y: [-1, 3],
    series: stated.map((row, place) => {
      const points = row.map(({ model, cost }) => [model.ues, cost.total] as const);
      return { name: `${TASKS[place]} task${TASKS[place] === 1 ? '' : 's'}`, points, style: 'line' };
    }),
  };
}
