import { Duration } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { environmentOf, KEY_REQUEST_VARIABLE } from '../../functions/environment-variables.ts';
import type { KeySourceSettings } from '../../functions/key-request/key-source-settings.ts';
import type { Settings } from '../settings/index.ts';
import { codeOf } from './bundling.ts';
import { placeInVpc } from './function-in-vpc.ts';
import { functionRole } from './function-role.ts';
import type { KeyStoreBase } from './key-store.ts';
import { powertoolsEnvironment } from './powertools-environment.ts';
import type { SenderNetwork } from './sender-network.ts';
import { tracingOf } from './traces.ts';
import type { ZnService } from './zn-service.ts';

/** What the Key Request function works with. */
export interface KeyRequestProps {
  readonly settings: Settings;
  readonly keyStore: KeyStoreBase;
  readonly eventBus: IEventBus;
  /** The network that the function stands in when the setting `keySource.inVpc` is on. */
  readonly network: SenderNetwork;
  /** A service of this deployment that offers Nbsp_GBA for Diameter Zn. */
  readonly zn?: ZnService | undefined;
}

/** The Key Request function: one Lambda that answers register, deregister and MSK request. */
export class KeyRequest extends Construct {
  readonly handler: NodejsFunction;
  readonly logGroup: LogGroup;
  readonly #role: Role;
  readonly #keyStore: KeyStoreBase;

  constructor(scope: Construct, id: string, props: KeyRequestProps) {
    super(scope, id);
    const { settings, keyStore, eventBus } = props;
    this.#keyStore = keyStore;
    const { reservedConcurrency } = settings.keyRequest;
    const logGroup = new LogGroup(this, 'Logs', { retention: settings.retention.logDays });
    this.logGroup = logGroup;
    this.#role = functionRole(this, 'Role', logGroup);
    const isInVpc = settings.keySource?.inVpc === true;
    this.handler = new NodejsFunction(this, 'Handler', {
      description: 'BM-SC key management: Key Request function',
      ...codeOf('key-request'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.seconds(10),
      ...(reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: reservedConcurrency }),
      ...(isInVpc ? placement(this, this.#role, props) : {}),
      role: this.#role,
      ...tracingOf(settings.operations, this.#role),
      logGroup,
      environment: {
        ...environmentOfKeyRequest(props),
        ...powertoolsEnvironment(this, 'keyRequest', settings.operations),
      },
    });
    keyStore.allowTable(this.#role, [
      'dynamodb:BatchGetItem',
      'dynamodb:UpdateItem',
      'dynamodb:PutItem',
      'dynamodb:DeleteItem',
    ]);
    keyStore.allowDataKeys(this.#role);
    keyStore.allowNonceSecret(this.#role);
    this.#allow(['events:PutEvents'], eventBus.eventBusArn);
    if (settings.keySource !== undefined) this.#allowKeySource(settings.keySource);
  }

  /** The keys that come from the network are sealed by the function, with the network's own credentials. */
  #allowKeySource({ tlsSecretArn }: NonNullable<Settings['keySource']>): void {
    this.#keyStore.allowNewDataKeys(this.#role);
    if (tlsSecretArn !== undefined) this.#allow(['secretsmanager:GetSecretValue'], tlsSecretArn);
  }

  /**
   * Makes the function trust the edge for a UE's address, and refuse requests that did not come through the
   * edge.
   */
  trustEdge(originSecret: ISecret): void {
    this.handler.addEnvironment(KEY_REQUEST_VARIABLE.originSecretArn, originSecret.secretArn);
    this.#allow(['secretsmanager:GetSecretValue'], originSecret.secretArn);
  }

  #allow(actions: readonly string[], resource: string): void {
    this.#role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [resource] }));
  }
}

/** Beside the sender, whose network has a way to the BSF. */
function placement(scope: Construct, role: Role, { network, zn }: KeyRequestProps) {
  const { securityGroup, ...placed } = placeInVpc(scope, role, network, 'Key Request function');
  zn?.allow(securityGroup);
  return { ...placed, securityGroups: [securityGroup] };
}

function environmentOfKeyRequest({ settings, keyStore, eventBus, zn }: KeyRequestProps) {
  return environmentOf(KEY_REQUEST_VARIABLE, {
    tableName: keyStore.table.tableName,
    keyArn: keyStore.encryptionKey.keyArn,
    eventBusName: eventBus.eventBusName,
    nonceSecretArn: keyStore.nonceSecret.secretArn,
    nafFqdn: settings.nafFqdn,
    keyManagementPath: settings.keyManagementPath,
    digestQop: settings.digest.qop.join(','),
    digestAlgorithms: settings.digest.algorithms.join(','),
    nonceLifetimeSeconds: String(settings.digest.nonceLifetimeSeconds),
    uePort: String(settings.delivery.uePort),
    correlationHeader: settings.keyRequest.correlationHeader,
    payloadProfile: settings.payloadProfile && JSON.stringify(settings.payloadProfile),
    serviceDescription: settings.serviceDescription && JSON.stringify(settings.serviceDescription),
    keySources: settings.keySource && JSON.stringify(keySourcesOf(settings.keySource, zn?.apiRoot)),
  });
}

/** The key sources as the function knows them: the service for Diameter Zn is a BSF that speaks Nbsp_GBA. */
function keySourcesOf(
  { zn: _zn, inVpc: _inVpc, ...sources }: NonNullable<Settings['keySource']>,
  znApiRoot: string | undefined,
): KeySourceSettings {
  if (znApiRoot === undefined) return sources;
  return { ...sources, bsf: { apiRoot: znApiRoot, domains: {}, discover: false, gbaU: true } };
}
