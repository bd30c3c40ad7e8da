import { Duration } from 'aws-cdk-lib';
import { CfnEventBusPolicy, EventBus, type EventPattern, type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { AccountPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { COMMANDS, isCommand } from '../../lib/events/catalogue.ts';
import { CommandSources } from '../../lib/events/command-sources.ts';
import { type DetailType, DISTRIBUTION_REQUESTS, EVENT_SOURCE } from '../../lib/events/contracts.ts';
import { commandSourcesOf } from '../settings/events.ts';
import type { Settings } from '../settings/index.ts';
import { EventLog } from './event-log.ts';
import { conditionsOfEvents } from './grants.ts';
import { SchemaRegistry } from './schema-registry.ts';

/** Where the bus sends what is to be distributed. */
export interface BmscEventBusProps {
  /** @default one of its own */
  readonly eventBus?: IEventBus | undefined;
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
  readonly settings: Pick<Settings, 'delivery' | 'events' | 'retention'>;
}

/** The bus of the BM-SC, who may command on it, its archive and log, and the rules to the sender's queue. */
export class BmscEventBus extends Construct {
  readonly eventBus: IEventBus;
  /** Where each event is written to, if the settings say so. */
  readonly log: EventLog | undefined;

  constructor(scope: Construct, id: string, props: BmscEventBusProps) {
    super(scope, id);
    const { queue, deadLetterQueue, settings } = props;
    const { pushAtRegistration } = settings.delivery;
    const { commandAccounts, schemaRegistry, log } = settings.events;
    const commandSources = commandSourcesOf(settings.events);
    const { archiveDays, logDays } = settings.retention;
    this.eventBus = props.eventBus ?? new EventBus(this, 'Bus', { description: 'BM-SC key management' });
    const rules: Readonly<Record<string, readonly DetailType[]>> = {
      Granted: ['MSK Request Granted'],
      Requests: DISTRIBUTION_REQUESTS,
      ...(pushAtRegistration ? { Registered: ['UE Registered'] } : {}),
    };
    for (const [name, detailTypes] of Object.entries(rules)) {
      new Rule(this, name, {
        eventBus: this.eventBus,
        eventPattern: patternOf(detailTypes),
        targets: [new SqsQueue(queue, { deadLetterQueue })],
      });
    }
    if (archiveDays > 0) {
      this.eventBus.archive('Archive', {
        description: 'Events of BM-SC key management',
        eventPattern: { source: allSources(commandSources) },
        retention: Duration.days(archiveDays),
      });
    }
    if (commandAccounts.length > 0) this.#admitAccounts(commandAccounts, commandSources);
    this.log = log
      ? new EventLog(this, 'Log', {
          eventBus: this.eventBus,
          eventPattern: { source: allSources(commandSources) },
          retention: logDays,
          deadLetterQueue,
        })
      : undefined;
    if (schemaRegistry) new SchemaRegistry(this, 'Schemas');
  }

  /** Lets other accounts put commands on the bus, and nothing else. */
  #admitAccounts(accounts: readonly string[], commandSources: readonly string[]): void {
    const statement = new PolicyStatement({
      sid: 'Commands',
      actions: ['events:PutEvents'],
      principals: accounts.map((account) => new AccountPrincipal(account)),
      resources: [this.eventBus.eventBusArn],
      conditions: conditionsOfEvents(new CommandSources(commandSources).operators, COMMANDS),
    });
    new CfnEventBusPolicy(this, 'Accounts', {
      eventBusName: this.eventBus.eventBusName,
      statementId: 'Commands',
      statement: statement.toStatementJson(),
    });
  }
}

/** Facts of the BM-SC itself, and commands of every source: a function answers a foreign one by a refusal. */
export function patternOf(detailTypes: readonly DetailType[]): EventPattern {
  const detailType = [...detailTypes];
  return detailTypes.every(isCommand) ? { detailType } : { source: [EVENT_SOURCE], detailType };
}

function allSources(commandSources: readonly string[]): string[] {
  return [...new Set([EVENT_SOURCE, ...new CommandSources(commandSources).accepted])];
}
