/** The functions: who invokes which, through which alias, and whose roles they take. */
import { ACCOUNT, REGION } from '../../lib/local/wire.ts';
import { type Asking, but, type Row, row } from './denied.ts';
import { FOREIGN_ACCOUNT, ISSUER, rolesOf } from './names.ts';
import { GRANTED, OTHERS, OWN_ROLES, WHO } from './who.ts';

const named = (name: string): Asking => ({
  on: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`,
  context: { 'lambda:functionurlauthtype': 'AWS_IAM', 'lambda:invokedviafunctionurl': null },
});
const INVOKE = ['lambda:InvokeFunction'];
const URL = ['lambda:InvokeFunctionUrl'];
const CALL = [...INVOKE, ...URL];
const EVERYBODY = [...OWN_ROLES, ...GRANTED, ...OTHERS];
const allBut = (...some: (typeof EVERYBODY)[number][]) => EVERYBODY.filter((who) => !some.includes(who));

const signing: Row[] = [
  row('have any token', allBut('caller'), CALL, named('IssuerSign:any')),
  row('have a canary', allBut('rotator', 'operator', 'deployer'), INVOKE, named('IssuerSign:canary')),
  row('have a canary at a URL', EVERYBODY, URL, named('IssuerSign:canary')),
  row('call past the aliases', EVERYBODY, CALL, named('IssuerSign')),
  row('call a version', EVERYBODY, CALL, named('IssuerSign:1')),
  row(
    'call at a URL that asks nobody who he is',
    ['caller'],
    URL,
    but(named('IssuerSign:any'), { 'lambda:functionurlauthtype': 'NONE' }),
  ),
  // Each client is an alias of its own; the second one holds `lambda:*` in its own account.
  row('be another client', allBut('orders'), CALL, named('OtherSign:orders')),
  row('be another client', allBut('billing'), CALL, named('OtherSign:billing')),
  row('be every client', EVERYBODY, CALL, named('OtherSign')),
  row('be the rotator', [...GRANTED, ...OWN_ROLES], INVOKE, named('OtherSign:canary')),
  row(
    'call at a URL that asks nobody who he is',
    ['orders'],
    URL,
    but(named('OtherSign:orders'), { 'lambda:functionurlauthtype': 'NONE' }),
  ),
  row(
    'call at a URL that asks nobody who he is',
    ['billing'],
    URL,
    but(named('OtherSign:billing'), { 'lambda:functionurlauthtype': 'NONE' }),
  ),
];

const operating: Row[] = [
  row('operate', allBut('person'), INVOKE, named('IssuerOperate')),
  row('tick', allBut('scheduler', 'deployer'), INVOKE, named('IssuerRotate')),
  row(
    'say that somebody has touched a key',
    [...EVERYBODY, 'EventBridge Scheduler'],
    INVOKE,
    named('IssuerTrailFunction'),
  ),
  row(
    'tell of other events',
    ['EventBridge'],
    INVOKE,
    but(named('IssuerTrailFunction'), { 'aws:sourcearn': `arn:aws:events:${REGION}:${ACCOUNT}:rule/strange` }),
  ),
  row('deploy', EVERYBODY, INVOKE, named('IssuerDeploymentFunction')),
  row('close an issuer whose state stays', ['deployer'], INVOKE, named('IssuerOperate')),
  row(
    'change a function',
    OWN_ROLES,
    ['lambda:UpdateFunctionCode', 'lambda:AddPermission', 'lambda:UpdateAlias'],
    named('IssuerSign'),
  ),
];

const ASSUME = ['sts:AssumeRole'];
const role = (on: string): Asking => ({ on, context: {} });
const SCHEDULE_GROUP = `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule-group/default`;
const scheduled = { 'aws:sourcearn': SCHEDULE_GROUP, 'aws:sourceaccount': ACCOUNT };
const acting: Row[] = [
  ...[...Object.values(rolesOf(ISSUER)), WHO.deployer.arn, WHO.watcher.arn].map((arn) =>
    row(
      'act as a role of the issuer',
      [...EVERYBODY, 'administrator', 'EventBridge Scheduler', 'EC2'],
      ASSUME,
      but(role(arn), scheduled),
    ),
  ),
  row('act as the scheduler', [...EVERYBODY, 'Lambda'], ASSUME, but(role(WHO.scheduler.arn), scheduled)),
  row(
    'tick for another account',
    ['EventBridge Scheduler'],
    ASSUME,
    but(role(WHO.scheduler.arn), { ...scheduled, 'aws:sourceaccount': FOREIGN_ACCOUNT }),
  ),
  row(
    'tick for another group of schedules',
    ['EventBridge Scheduler'],
    ASSUME,
    but(role(WHO.scheduler.arn), { ...scheduled, 'aws:sourcearn': SCHEDULE_GROUP.replace('default', 'others') }),
  ),
];

export const FUNCTIONS = [...signing, ...operating, ...acting];
