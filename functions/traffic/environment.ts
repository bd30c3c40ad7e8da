import * as v from 'valibot';
import type { TrafficStream } from '../../lib/traffic/stream.ts';
import { TRAFFIC_VARIABLE } from '../environment-variables.ts';
import { parseVariables, wholeNumber } from '../parse-variables.ts';
import { streams, trafficStreamOf } from './streams.ts';

const SCHEMAS = {
  tableName: v.string(),
  keyArn: v.string(),
  eventBusName: v.string(),
  streams,
  healthPort: v.optional(wholeNumber(0, 65_535), '8081'),
};

/** The settings of the traffic key service, from the environment of its container. */
export interface TrafficSettings {
  readonly tableName: string;
  /** The KMS key that the table's data keys are wrapped by. */
  readonly keyArn: string;
  readonly eventBusName: string;
  readonly streams: readonly TrafficStream[];
  readonly healthPort: number;
}

/** @throws SetupError that names the variable and says what it takes */
export function parseEnvironment(env: NodeJS.ProcessEnv): TrafficSettings {
  const parsed = parseVariables(TRAFFIC_VARIABLE, SCHEMAS, env);
  return { ...parsed, streams: parsed.streams.map(trafficStreamOf) };
}
