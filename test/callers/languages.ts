/** The callers of examples/: whether this machine can build them, how, and how they are started. */
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonFor } from '../deploy/python.ts';

const run = promisify(execFile);
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
/** Git ignores it; what builds leave stays out of examples/. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/callers/', import.meta.url));

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}
export interface Built {
  /** `main`: a token for each line. */
  readonly main: Program;
  /** A program that prints the token of the snippet in the example's README. */
  readonly snippet: Program;
}
export interface Language {
  readonly name: 'python' | 'go' | 'java';
  /** The file of at most 40 lines. */
  readonly caller: string;
  /** Whether it posts to a URL; otherwise it invokes the function. */
  readonly byUrl: boolean;
  /** Why it cannot be tried on this machine. */
  missing(): string | undefined;
  /** `snippet` is that of its README, as it is to run here. */
  build(snippet: string): Promise<Built>;
}

export const example = (name: string, file: string): string => readFileSync(join(EXAMPLES, name, file), 'utf8');

/** Why a program does not do: it is not there, or its version is less than this one. */
export function lacks(command: string, args: string[], pattern: RegExp, least: number): string | undefined {
  try {
    const [, version = ''] = pattern.exec(execFileSync(command, args, { encoding: 'utf8' })) ?? [];
    return Number(version) >= least ? undefined : `${command} is ${version || 'of no known version'}, not ${least}`;
  } catch {
    return `there is no ${command}`;
  }
}

/** A copy to build in: caches of an earlier one stay. */
function copy(name: string): string {
  const directory = join(CACHE, name);
  mkdirSync(directory, { recursive: true });
  rmSync(join(directory, 'cmd'), { recursive: true, force: true });
  cpSync(join(EXAMPLES, name), directory, { recursive: true });
  return directory;
}
function write(directory: string, file: string, text: string): void {
  mkdirSync(dirname(join(directory, file)), { recursive: true });
  writeFileSync(join(directory, file), text);
}

export const python: Language = {
  name: 'python',
  caller: 'keyturn_tokens.py',
  byUrl: true,
  missing: () => lacks(process.env.PYTHON ?? 'python3', ['--version'], /^Python 3\.(\d+)/, 10),
  build: async (snippet) => {
    const directory = copy('python');
    write(directory, 'snippet.py', `${snippet}print(headers["authorization"].removeprefix("Bearer "))\n`);
    const command = await pythonFor('caller', join(EXAMPLES, 'python', 'requirements.txt'));
    const program = (file: string) => ({ command, args: [join(directory, file)] });
    return { main: program('main.py'), snippet: program('snippet.py') };
  },
};

export const go: Language = {
  name: 'go',
  caller: 'tokens.go',
  byUrl: false,
  missing: () => lacks('go', ['version'], /go1\.(\d+)/, 24),
  build: async (snippet) => {
    const cwd = copy('go');
    const imports = [
      'context',
      'fmt',
      'github.com/aws/aws-sdk-go-v2/config',
      'github.com/aws/aws-sdk-go-v2/service/lambda',
    ];
    const ours = 'keyturn "github.com/keyturn/keyturn/examples/go"';
    write(
      cwd,
      'cmd/snippet/main.go',
      `package main\nimport (\n${imports.map((one) => `"${one}"`).join('\n')}\n${ours}\n)\nfunc main() {
        ctx := context.Background()\nsettings, _ := config.LoadDefaultConfig(ctx)\n${snippet}
        if err != nil { panic(err) }\nfmt.Println(token)\n}\n`,
    );
    await run('go', ['vet', '-mod=readonly', './...'], { cwd });
    await run('go', ['build', '-mod=readonly', '-o', 'bin/', './cmd/...'], { cwd });
    const program = (name: string) => ({ command: join(cwd, 'bin', name), args: [] });
    return { main: program('token'), snippet: program('snippet') };
  },
};

export const java: Language = {
  name: 'java',
  caller: 'src/main/java/example/TokenSource.java',
  byUrl: false,
  missing: () =>
    lacks('javac', ['-version'], /^javac (\d+)/, 17) ?? lacks('mvn', ['-version'], /Apache Maven (\d+\.\d+)/, 3.6),
  build: async (snippet) => {
    const cwd = copy('java');
    const main = `public static void main(String[] arguments) throws Exception {\n${snippet}System.out.println(token);\n}`;
    const imports = 'import software.amazon.awssdk.services.lambda.LambdaClient;';
    write(
      cwd,
      'src/main/java/example/Snippet.java',
      `package example;\n${imports}\nfinal class Snippet {\n${main}\n}\n`,
    );
    const classpath = join(cwd, 'target', 'classpath');
    await run('mvn', ['-q', '-B', 'compile', 'dependency:build-classpath', `-Dmdep.outputFile=${classpath}`], { cwd });
    const path = `${join(cwd, 'target', 'classes')}:${readFileSync(classpath, 'utf8')}`;
    const program = (name: string) => ({ command: 'java', args: ['-cp', path, `example.${name}`] });
    return { main: program('Main'), snippet: program('Snippet') };
  },
};

export const LANGUAGES: readonly Language[] = [python, go, java];
