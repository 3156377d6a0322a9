/** What people ask of services that no stand-in here answers: the command's other questions, as the AWS CLI would sign them. */
import { ACCOUNT, REGION } from '../../lib/local/wire.ts';
import type { Asked } from './calls.ts';
import type { Principal } from './decide.ts';
import { ISSUER, roleArn, rolesOf } from './names.ts';

const asks = (name: string, all: readonly (readonly [action: string, resource: string])[]) =>
  all.map(([action, resource]): Asked & { readonly principal: Principal } => ({
    principal: { arn: roleArn(name) },
    action,
    resource,
    context: {},
  }));

const STACK = [
  'cloudformation:DescribeStacks',
  `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/Keyturn/1a2b`,
] as const;
const SCHEDULE = `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/IssuerTickingSchedule`;
const LOG = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:IssuerSignLogs:*`;

export const ASKED_ELSEWHERE = [
  ...asks('person', [STACK]),
  ...asks('reader', [STACK]),
  ...asks('auditor', [
    STACK,
    ['scheduler:GetSchedule', SCHEDULE],
    ['logs:StartQuery', LOG],
    ['logs:GetQueryResults', '*'],
    ...Object.values(rolesOf(ISSUER)).map((arn) => ['iam:SimulatePrincipalPolicy', arn] as const),
  ]),
];
