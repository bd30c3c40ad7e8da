import * as v from 'valibot';

const text = v.record(v.string(), v.unknown());
type Input = Readonly<Record<string, unknown>>;

/**
 * Other defaults for a deployment that must cost little: docs/cost.md says what it gives up. Whatever is set
 * beside it is as it is set.
 */
function defaultsOfSmall(input: Input): Input {
  const { network, sender } = input;
  const isNewNetwork = network === undefined || (v.is(text, network) && network.type === 'new');
  const choosesCpu = v.is(text, sender) && sender.cpu !== undefined;
  return {
    sender: choosesCpu ? {} : { cpu: 256, memoryMiB: 512 },
    ...(isNewNetwork ? { network: { type: 'new', maxAzs: 1, flowLogs: false } } : {}),
    operations: { dashboard: false, containerInsights: false },
    retention: { logDays: 7, archiveDays: 7 },
  };
}

/** The settings as they are written, over the defaults of their profile. */
export function withProfile(input: unknown): unknown {
  if (!v.is(text, input) || input.profile !== 'small') return input;
  return over(defaultsOfSmall(input), input);
}

function over(defaults: Input, input: Input): Input {
  const merged = Object.entries(input).map(([name, value]): [string, unknown] => {
    const below = defaults[name];
    return [name, v.is(text, value) && v.is(text, below) ? over(below, value) : (value ?? below)];
  });
  return { ...defaults, ...Object.fromEntries(merged) };
}
