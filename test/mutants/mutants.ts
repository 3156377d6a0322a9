/**
 * Faults of design, each as a change of the shipped code and the invariant that has to notice it. The first twelve are those
 * with which a prototype was caught; the others are what the code suggests.
 */
import type { Invariant } from '../../lib/simulator/evidence.ts';

export interface Mutant {
  readonly name: string;
  /** Or several, where it depends on who comes between what the fault lets through. */
  readonly invariant: Invariant | `${Invariant} ${Invariant} ${Invariant}`;
  /** In lib/core. Each text must be there exactly once. */
  readonly edits: readonly (readonly [file: string, from: string, to: string])[];
}

const mutant = (invariant: Mutant['invariant'], name: string, ...edits: Mutant['edits']): Mutant => ({
  name,
  invariant,
  edits,
});

export const MUTANTS: readonly Mutant[] = [
  mutant('I2', 'no pending phase: a key signs as soon as it is made', [
    'perform.ts',
    'return addPending(keyring, { intentId: intent.id, keyArn, jwk }, clock());',
    `const made = observe(addPending(keyring, { intentId: intent.id, keyArn, jwk }, clock()), jwk.kid, clock());
  return activate(made, { kid: jwk.kid } as never, { maxTokenLifetime: 300 }, clock());`,
  ]),
  mutant('I1', 'the grace is the lifetime and nothing else', [
    'policy.ts',
    'policy.signerCache + policy.signingLatency + maxTokenLifetime + policy.verifierLeeway + 4 * policy.clockSkew',
    'maxTokenLifetime',
  ]),
  mutant('I1', 'skew ignored: in the grace', [
    'policy.ts',
    'policy.verifierLeeway + 4 * policy.clockSkew',
    'policy.verifierLeeway',
  ]),
  mutant('I1', 'skew ignored: in the lead', [
    'policy.ts',
    '(verifier ? blindSeconds(verifier) : 0) + edgeAge(policy) + 2 * policy.clockSkew',
    '(verifier ? blindSeconds(verifier) : 0) + edgeAge(policy)',
  ]),
  mutant('I1 I6 I9', 'a save without a condition', [
    'rotate.ts',
    'return store.save(keyring, revision);',
    'return store.save(keyring, revision).catch(async () => store.save(keyring, (await store.load()).revision));',
  ]),
  mutant('I5', 'a put without a condition', [
    'publish.ts',
    'return await publisher.write(document, stored?.etag);',
    'return await publisher.write(document, (await publisher.read(document.path))?.etag);',
  ]),
  mutant('I2', 'the observation is stamped before the put', [
    'perform.ts',
    'await publish(publisher, step.documents, seen.stored);\n      return keyring;',
    `{
        const before = clock();
        await publish(publisher, step.documents, seen.stored);
        const unseen = keyring.keys.filter((key) => key.state === 'pending' && key.observedAt === undefined);
        return unseen.reduce((next, { kid }) => observe(next, kid, before), keyring);
      }`,
  ]),
  mutant('I2', 'activation by creation time', [
    'readiness.ts',
    'const dueAt = leadEnd(keyring, policy, key.observedAt);',
    'const dueAt = leadEnd(keyring, policy, key.createdAt);',
  ]),
  mutant('I8', 'the KMS key is disabled when it leaves active', [
    'perform.ts',
    'const now = clock();\n      return activate(',
    `for (const old of keyring.keys) if (old.state === 'active') await keys.disable(old.keyArn);
      const now = clock();
      return activate(`,
  ]),
  mutant('I8', 'an orphan is swept whatever its age', [
    'lifecycle.ts',
    'now - createdAt > orphanAge(policy)',
    'now >= createdAt',
  ]),
  mutant('I4', 'nothing is swept', ['lifecycle.ts', '  raise,\n  sweep,\n', '  raise,\n']),
  mutant(
    'I11',
    'the signer is refreshed by a timer, which does not fire while it is frozen',
    [
      'sign.ts',
      'if (!held || !this.#isYoung(held, this.#policy.signerCache)) return this.#load();',
      'if (!held) return this.#load();',
    ],
    ['sign.ts', 'if (!this.#isYoung(held, this.#policy.signerCache + this.#policy.signingLatency)) {', 'if (!held) {'],
  ),
  mutant('I11', 'a lifetime above what the key has recorded', [
    'sign.ts',
    'Math.min(request.expiresIn, key.maxTokenLifetime, left)',
    'Math.min(request.expiresIn, left)',
  ]),

  mutant('I2', 'a pending key that the document has lost keeps its lead', [
    'lifecycle.ts',
    '  disable,\n  unobserve,\n',
    '  disable,\n',
  ]),
  mutant('I2', 'the second key is waived like the first', [
    'readiness.ts',
    'key.sinceVersion === 1',
    'key.sinceVersion <= 2',
  ]),
  mutant('I2', 'a burn takes a standby that the document has lost', [
    'burn-save.ts',
    'return lost.reduce(',
    'return lost.slice(lost.length).reduce(',
  ]),
  mutant('I5', 'an older document may replace a newer one', [
    'publish.ts',
    'if (theirs <= ours) return;',
    'if (ours >= 0) return;',
  ]),
  mutant('I1', 'the end is that of before a save that hung', [
    'transitions.ts',
    'return replace(keyring, kid, () => ({ ...key, endedAt: Math.max(key.endedAt, now) }));',
    'return replace(keyring, kid, () => key);',
  ]),
  mutant('I8', 'a KMS key is destroyed before the document without it is out', [
    'lifecycle.ts',
    'key.deletionAt === undefined && (seen.published?.version ?? 0) >= key.removedInVersion',
    'key.deletionAt === undefined',
  ]),
  mutant('I1', 'the grace counts what tokens live now, not what they were promised', [
    'policy.ts',
    'Math.max(policy.grace, minGrace(policy, key.maxTokenLifetime))',
    'policy.grace',
  ]),
  mutant('I7', 'any clock will do', [
    'load.ts',
    'if (Math.abs(off) <= clockSkew) return loaded;',
    'if (Math.abs(off) < 1e9) return loaded;',
  ]),
  mutant('I11', 'a signature that comes too late is given away', [
    'sign.ts',
    'if (!this.#isYoung(held, this.#policy.signerCache + this.#policy.signingLatency)) {',
    'if (!held) {',
  ]),
  mutant(
    'I9',
    'no standby until it is needed',
    [
      'lifecycle.ts',
      'if (keyring.intent || standby ||',
      'const young = keyring.keys.some((key) => key.state === "active" && now < key.activatedAt + policy.rotationPeriod);\n  if (young || keyring.intent || standby ||',
    ],
    [
      'lifecycle.ts',
      'const intend: Rule = ({ keyring, seen, policy }) => {',
      'const intend: Rule = ({ keyring, policy, now }) => {',
    ],
  ),
  mutant('I9', 'a key signs for twice its period', [
    'readiness.ts',
    'if (age < policy.rotationPeriod) return undefined;',
    'if (age < 2 * policy.rotationPeriod) return undefined;',
  ]),
  mutant('I6', 'a burn forgets the copies at the edge', [
    'exposure.ts',
    'Until(verifier, oldest)',
    'Until(verifier, removedAt)',
  ]),
  mutant(
    'I6',
    'a burned key stays in the document until the burn is asked for again',
    [
      'compromise.ts',
      "endedAt: key.state === 'grace' ? key.endedAt : now,",
      "endedAt: key.state === 'grace' ? key.endedAt : now, jwk: key.jwk, algorithm: key.algorithm, sinceVersion: key.sinceVersion,",
    ],
    [
      'keyring.ts',
      "key.state === 'pending' || key.state === 'active' || key.state === 'grace';",
      "key.state === 'pending' || key.state === 'active' || key.state === 'grace' || 'jwk' in key;",
    ],
  ),
  mutant('I5', 'an imported key outstays its end', ['lifecycle.ts', '  expire,\n', '']),
  mutant('I4 I9 I1', 'imported keys take the room of the own ones', [
    'imports.ts',
    'const room = maxKeys(policy) - expectedKeys(policy);',
    'const room = maxKeys(policy);',
  ]),
  mutant('I2', 'an imported key becomes one of the own', [
    'imports.ts',
    'return { ...keyring, documentVersion, history, imported };',
    `const [own] = keyring.keys.filter(({ state }) => state === 'pending');
  const taken = imported.map(({ jwk }) => ({ ...own, kid: jwk.kid, jwk, sinceVersion: documentVersion }));
  return { ...keyring, documentVersion, history, imported, keys: own ? [...keyring.keys, ...taken] : keyring.keys } as never;`,
  ]),
  mutant('I4', 'what a crashed tick left is not adopted, and its intent stays open', [
    'lifecycle.ts',
    'return ownKmsKeys(id, seen).length < maxKmsKeys(policy)',
    'return ownKmsKeys(id, seen).length < 0',
  ]),
  mutant(
    'I3',
    'who signed until now stays active',
    ['transitions.ts', "if (other.state === 'active') return toGrace(other, now);", ''],
    ['keyring.ts', 'if (active.length > 1)', 'if (active.length > 9)'],
  ),
  mutant('I2', 'once a key was burned, every standby is waived', [
    'readiness.ts',
    "if (keyring.flush && (keyring.flush.immediate || !activeKey(keyring))) return 'burn';",
    "if (keyring.keys.some(({ state }) => state === 'compromised')) return 'burn';",
  ]),
  mutant('I2', 'a burn waives the lead of the fresh key while another one signs', [
    'readiness.ts',
    'if (keyring.flush && (keyring.flush.immediate || !activeKey(keyring)))',
    'if (keyring.flush)',
  ]),
  mutant('I6', 'a burn hides who will refuse the fresh key', [
    'exposure.ts',
    'return known > freshAt ? { rejectsFreshUntil: known } : {};',
    'return known > freshAt ? {} : {};',
  ]),
  mutant('I2', 'a canary that does not verify proves the key', [
    'canary.ts',
    "failed('it does not verify against the JWKS that the edge serves', cause),",
    "cause === undefined ? failed('', cause) : { protectedHeader: { typ: CANARY_TYPE }, payload: Buffer.from(JSON.stringify({ iss: issuer })) },",
  ]),
  mutant('I11', 'the signer does not look at the end of its key', [
    'sign.ts',
    'const left = key.notAfter === undefined ?',
    'const left = key.notAfter === undefined || now > 0 ?',
  ]),
];
