/** Who is let through to the watch function: CloudTrail's events against the very patterns of the template. */
import { expect, test } from 'vitest';
import { matches } from './event-pattern.ts';
import { statementsOf } from './statements.ts';
import { issuerIn } from './synth.ts';
import { SEEN, UNSEEN } from './trail-events.ts';
import { watched } from './trail-watched.ts';

const { template, rules, patterns } = watched();
const isSeen = (event: object): boolean => patterns.some((pattern) => matches(pattern, event));

test.each(SEEN)('is seen: %s', (_, event) => expect(isSeen(event)).toBe(true));
test.each(UNSEEN)('is not seen: %s', (_, event) => expect(isSeen(event)).toBe(false));

test('a pattern is as short as EventBridge wants it', () => {
  expect(patterns).toHaveLength(3);
  for (const pattern of patterns) expect(JSON.stringify(pattern).length).toBeLessThan(2048);
});

test('every rule asks the watch function, which may read the keyring and nothing else', () => {
  for (const { Targets } of rules) expect(JSON.stringify(Targets)).toContain('function:IssuerTrailFunction');
  template.resourceCountIs('AWS::Lambda::Permission', 3);
  const actions = statementsOf(template)
    .filter(({ owner, actions: [first] }) => owner.startsWith('IssuerTrailRole') && !first?.startsWith('sts:'))
    .flatMap(({ actions: all }) => all);
  expect(actions).toEqual(['dynamodb:GetItem', 'logs:CreateLogStream', 'logs:PutLogEvents']);
});

test('without somebody to tell it is refused, and without being asked for it is not there', () => {
  for (const props of [{ watchTrail: true }, { watchTrail: true, metrics: true }]) {
    expect(() => issuerIn(props)).toThrow('watchTrail must have an alarmTopic, and metrics for its alarm');
  }
  expect(issuerIn().issuer.trailWatch).toBeUndefined();
});
