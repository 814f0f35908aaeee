// Builds the app and the server, both cores busy where there are two, and says how far it is: on a terminal in
// one line that changes, elsewhere (in a CI's log) in plain lines.
//
//   node scripts/build.mjs [app]      everything; or the app alone
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

const binary = "target/release/madang";
const server = ["cargo", "build", "--release", "--package", "madang"];
const steps = [
  { name: "the app", command: ["scripts/app.sh", "compile"], after: [] },
  { name: "tools", command: ["scripts/setup.sh", "app"], after: [] },
];
const publish = { name: "the app's files", command: ["scripts/app.sh", "publish"], after: ["the app", "tools"] };
if (process.argv[2] === "app") {
  steps.push(publish);
} else {
  // The first time, the server is compiled before there is an app to put into it, while the app still is: only
  // the package that holds the app's files is compiled again then.
  const isFirst = !existsSync(binary);
  if (isFirst) steps.push({ name: "the server", command: server, after: [] });
  steps.push(publish);
  steps.push({ name: "the server with the app", command: server, after: ["the app's files", ...(isFirst ? ["the server"] : [])] });
}

/** Steps that run at a time: each is a cargo, which starts as many compilers as there are cores. */
const AT_ONCE = 2;
/** Between two plain lines, in milliseconds. */
const PLAIN_EVERY = 30_000;
/** A step that takes no longer than this had nothing to do, in milliseconds. */
const NOTHING_TO_DO = 3_000;

const isTerminal = process.stderr.isTTY && !process.env.CI;
const start = Date.now();
const elapsed = (since) => {
  const seconds = Math.round((Date.now() - since) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};
const is = (state) => (step) => step.state === state;
const lineOf = (step) => `${step.name}${step.crates ? ` ${step.crates}` : ""}`;

/** How far it is, and what is left. */
function status() {
  const running = steps.filter(is("running")).map(lineOf).join(", ");
  const left = steps.filter(is(undefined)).map((step) => step.name).join(", ");
  return `build: ${steps.filter(is("done")).length} of ${steps.length} steps done, ${elapsed(start)}; now ${running}${left && `; then ${left}`}`;
}

const clear = () => isTerminal && process.stderr.write("\r\x1b[2K");
function say(line) {
  clear();
  process.stderr.write(`${line}\n`);
}
function draw() {
  if (!isTerminal) return;
  clear();
  process.stderr.write(status().slice(0, (process.stderr.columns ?? 80) - 1));
}

/** Cargo's progress and status lines, which the status takes the place of. */
const PROGRESS = /^\s*Building \[.*\] (\d+)\/(\d+)/;
const STATUS = /^\s*(Adding|Blocking|Building|Compiling|Downloaded|Downloading|Finished|Fresh|Installed|Installing|Locking|Replacing|Updating)\b/;

function hear(step, chunk) {
  const lines = (step.rest + chunk).split(/[\r\n]+/);
  step.rest = lines.pop();
  for (const line of lines) {
    const progress = line.match(PROGRESS);
    if (progress) step.crates = `(${progress[1]} of ${progress[2]} crates)`;
    else if (!STATUS.test(line) && line.trim()) say(line);
  }
  draw();
}

function stop(code) {
  for (const step of steps.filter(is("running"))) process.kill(-step.group, "SIGTERM");
  clear();
  process.exit(code);
}

function run(step) {
  step.state = "running";
  step.rest = "";
  step.start = Date.now();
  const [program, ...parameters] = step.command;
  const env = { ...process.env, CARGO_TERM_PROGRESS_WHEN: "always", CARGO_TERM_PROGRESS_WIDTH: "100" };
  // In a process group of its own, so that what it started ends with it.
  const child = spawn(program, parameters, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  step.group = child.pid;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => hear(step, chunk));
  }
  child.on("close", (code) => {
    hear(step, "\n");
    if (code !== 0) {
      say(`build: ${step.name} failed`);
      step.state = "failed";
      stop(code ?? 1);
    }
    step.state = "done";
    step.crates = "";
    if (Date.now() - step.start > NOTHING_TO_DO) say(`build: ${step.name} took ${elapsed(step.start)}`);
    next();
  });
}

function next() {
  const done = steps.filter(is("done")).map((step) => step.name);
  const ready = steps.filter((step) => !step.state && step.after.every((name) => done.includes(name)));
  const room = AT_ONCE - steps.filter(is("running")).length;
  ready.slice(0, room).forEach(run);
  if (steps.every(is("done"))) {
    clear();
    process.exit();
  }
  draw();
}

process.on("SIGINT", () => stop(130)).on("SIGTERM", () => stop(143));
setInterval(draw, 1000);
if (!isTerminal) setInterval(() => say(status()), PLAIN_EVERY);
next();
