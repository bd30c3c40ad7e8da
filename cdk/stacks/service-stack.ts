import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DistributionQueue } from '../constructs/distribution-queue.ts';
import { BmscEventBus } from '../constructs/event-bus.ts';
import { KeyDistribution } from '../constructs/key-distribution.ts';
import { KeyRequest } from '../constructs/key-request.ts';
import type { KeyStore } from '../constructs/key-store.ts';
import { SenderNetwork } from '../constructs/sender-network.ts';
import type { Settings } from '../settings.ts';

/** Key Request function, event bus, and Key Distribution function. */
export class ServiceStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { settings, keyStore }: { settings: Settings; keyStore: KeyStore },
  ) {
    super(scope, id, { description: 'BM-SC key management: service' });
    const { queue } = new DistributionQueue(this, 'DistributionQueue');
    const { eventBus } = new BmscEventBus(this, 'Events', {
      queue,
      pushAtRegistration: settings.delivery.pushAtRegistration,
    });
    const keyRequest = new KeyRequest(this, 'KeyRequest', { settings, keyStore, eventBus });
    const network = new SenderNetwork(this, 'Network', {
      network: settings.network,
      udpPort: settings.delivery.udpPort,
    });
    new KeyDistribution(this, 'KeyDistribution', { settings, keyStore, eventBus, queue, network });

    const outputs = {
      KeyManagementUrl: `${keyRequest.apiEndpoint}${settings.keyManagementPath}`,
      TableName: keyStore.table.tableName,
      EventBusName: eventBus.eventBusName,
      QueueUrl: queue.queueUrl,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
