import * as v from 'valibot';
import { checkNafFqdn, parseSettings, type Settings, SettingsError } from '../settings/index.ts';
import type { BmscKeyManagementProps } from './bmsc-key-management-props.ts';

/** A property, and a path of settings that says the same. */
type Rival = readonly [property: keyof BmscKeyManagementProps, setting: string];

const RIVALS: readonly Rival[] = [
  ['alarmTopic', 'operations.alarmTopicArn'],
  ['senderImage', 'sender.image'],
  ['znImage', 'keySource.zn.image'],
  ['trafficImage', 'traffic.image'],
  ['logRetention', 'retention.logDays'],
  ['table', 'table'],
  ['encryptionKey', 'table'],
];

/** Properties that say the same. */
const TWICE: readonly (readonly [keyof BmscKeyManagementProps, keyof BmscKeyManagementProps])[] = [
  ['keyStore', 'table'],
  ['keyStore', 'encryptionKey'],
];

/**
 * The settings of a construct, of which its properties give some.
 * @throws SettingsError that names the wrong setting, or the property that contradicts one
 */
export function settingsOfProps(props: BmscKeyManagementProps): Settings {
  const input = props.settings ?? {};
  refuseRivals(props);
  const hasVpc = props.vpc !== undefined || props.cluster !== undefined;
  const network = input.network ?? (hasVpc ? { type: 'construct' as const } : undefined);
  const settings = parseSettings({
    ...input,
    ...(network === undefined ? {} : { network }),
    ...(props.logRetention === undefined
      ? {}
      : { retention: { ...input.retention, logDays: props.logRetention } }),
  });
  checkNafFqdn(settings);
  refuseContradictions(props, settings);
  return settings;
}

function refuseRivals(props: BmscKeyManagementProps): void {
  for (const [property, setting] of RIVALS)
    if (props[property] !== undefined && valueAt(props.settings, setting) !== undefined)
      throw contradiction(property, `not beside the setting "bmsc.${setting}", which says the same`);
  for (const [property, other] of TWICE)
    if (props[property] !== undefined && props[other] !== undefined)
      throw contradiction(property, `not beside the property "${other}", which is part of it`);
}

function refuseContradictions(props: BmscKeyManagementProps, settings: Settings): void {
  const { vpc, cluster, vpcSubnets, alarmTopic, znImage, trafficImage, outputPrefix } = props;
  const { network, operations, keySource, traffic } = settings;
  const given = vpc === undefined ? 'cluster' : 'vpc';
  if ((vpc ?? cluster) !== undefined && network.type !== 'construct')
    throw contradiction(
      given,
      `not beside the setting "bmsc.network.type" "${network.type}": it takes "construct" then`,
    );
  if (vpc === undefined && cluster === undefined && network.type === 'construct')
    throw contradiction('vpc', 'the network, for the setting "bmsc.network.type" is "construct"');
  if (vpc !== undefined && cluster !== undefined && cluster.vpc.vpcId !== vpc.vpcId)
    throw contradiction('cluster', 'one in the "vpc"');
  if (vpcSubnets !== undefined && vpc === undefined && cluster === undefined)
    throw contradiction('vpcSubnets', 'only with "vpc" or "cluster"');
  if (alarmTopic !== undefined && !operations.alarms)
    throw contradiction('alarmTopic', 'not beside the setting "bmsc.operations.alarms" false');
  if (znImage !== undefined && keySource?.zn === undefined)
    throw contradiction('znImage', 'only with the setting "bmsc.keySource.zn"');
  if (trafficImage !== undefined && traffic === undefined)
    throw contradiction('trafficImage', 'only with the setting "bmsc.traffic"');
  if (outputPrefix !== undefined && !/^[A-Za-z0-9]*$/.test(outputPrefix))
    throw contradiction('outputPrefix', 'letters and digits');
}

function contradiction(property: keyof BmscKeyManagementProps, message: string): SettingsError {
  return new SettingsError('contradicting-props', `property "${property}": ${message}`);
}

/** What stands at a path such as `sender.image`. */
function valueAt(settings: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => {
    return v.is(v.record(v.string(), v.unknown()), at) ? at[name] : undefined;
  }, settings);
}
