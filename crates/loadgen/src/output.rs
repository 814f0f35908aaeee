//! The two output streams of the command-line programs.

use std::fmt::Display;

/// Prints one line of results to standard output.
#[expect(clippy::print_stdout, reason = "results on standard output are the program's purpose")]
pub fn print_line(line: impl Display) {
    println!("{line}");
}

/// Prints an error or a progress message to standard error, after the name of the program or scenario.
#[expect(clippy::print_stderr, reason = "errors and progress stay apart from the results")]
pub fn print_diagnostic(source: &str, message: impl Display) {
    eprintln!("{source}: {message}");
}
