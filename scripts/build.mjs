// Builds the app and the server in steps that run side by side, and shows the progress: on a terminal in one
// line that changes, elsewhere (in the log of a CI) in plain lines.
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
  // In the first build, the server is compiled at the same time as the app, and without it. After that, only the
  // package with the app's files is compiled again.
  const isFirst = !existsSync(binary);
  if (isFirst) steps.push({ name: "the server", command: server, after: [] });
  steps.push(publish);
  steps.push({ name: "the server with the app", command: server, after: ["the app's files", ...(isFirst ? ["the server"] : [])] });
}

/** The maximum number of steps at a time. Each runs cargo, which starts as many compilers as there are cores. */
const MAX_RUNNING = 2;
/** The time between two plain lines, in milliseconds. */
const PLAIN_INTERVAL = 30_000;
/** A step that takes no longer than this is not mentioned when it ends, in milliseconds. */
const QUIET_BELOW = 3_000;

const isTerminal = process.stderr.isTTY && !process.env.CI;
const start = Date.now();
const elapsed = (since) => {
  const seconds = Math.round((Date.now() - since) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};
const is = (state) => (step) => step.state === state;
const describe = (step) => `${step.name}${step.crates ? ` ${step.crates}` : ""}`;

/** The steps that are done, that run, and that are left. */
function status() {
  const running = steps.filter(is("running")).map(describe).join(", ");
  const left = steps.filter(is(undefined)).map((step) => step.name).join(", ");
  return `build: ${steps.filter(is("done")).length} of ${steps.length} done, ${elapsed(start)}; now ${running}${left && `; then ${left}`}`;
}

const clearLine = () => isTerminal && process.stderr.write("\r\x1b[2K");
function printLine(line) {
  clearLine();
  process.stderr.write(`${line}\n`);
}
function drawStatus() {
  if (!isTerminal) return;
  clearLine();
  process.stderr.write(status().slice(0, (process.stderr.columns ?? 80) - 1));
}

/** Cargo's progress and status lines, which the status replaces. */
const CARGO_PROGRESS = /^\s*Building \[.*\] (\d+)\/(\d+)/;
const CARGO_STATUS = /^\s*(Adding|Blocking|Building|Compiling|Downloaded|Downloading|Finished|Fresh|Installed|Installing|Locking|Replacing|Updating)\b/;

function onOutput(step, chunk) {
  const lines = (step.rest + chunk).split(/[\r\n]+/);
  step.rest = lines.pop();
  for (const line of lines) {
    const progress = line.match(CARGO_PROGRESS);
    if (progress) step.crates = `(${progress[1]}/${progress[2]} crates)`;
    else if (!CARGO_STATUS.test(line) && line.trim()) printLine(line);
  }
  drawStatus();
}

function stop(code) {
  for (const step of steps.filter(is("running"))) process.kill(-step.group, "SIGTERM");
  clearLine();
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
    stream.setEncoding("utf8").on("data", (chunk) => onOutput(step, chunk));
  }
  child.on("close", (code) => {
    onOutput(step, "\n");
    if (code !== 0) {
      printLine(`build: ${step.name} failed`);
      step.state = "failed";
      stop(code ?? 1);
    }
    step.state = "done";
    step.crates = "";
    if (Date.now() - step.start > QUIET_BELOW) printLine(`build: ${step.name} took ${elapsed(step.start)}`);
    startReady();
  });
}

function startReady() {
  const done = steps.filter(is("done")).map((step) => step.name);
  const ready = steps.filter((step) => !step.state && step.after.every((name) => done.includes(name)));
  const room = MAX_RUNNING - steps.filter(is("running")).length;
  ready.slice(0, room).forEach(run);
  if (steps.every(is("done"))) {
    clearLine();
    process.exit();
  }
  drawStatus();
}

process.on("SIGINT", () => stop(130)).on("SIGTERM", () => stop(143));
setInterval(drawStatus, 1000);
if (!isTerminal) setInterval(() => printLine(status()), PLAIN_INTERVAL);
startReady();
