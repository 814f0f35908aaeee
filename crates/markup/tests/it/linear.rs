//! The time is linear: four times the text takes less than eight times as long.

use std::hint::black_box;
use std::time::{Duration, Instant};

use madang_markup::parse;

/// Bytes of the shorter text.
const SIZE: usize = 10 * 1024;

/// Parts of texts that are slow in parsers that go back.
const HOSTILE: &[&str] = &[
    "[",
    "*",
    "_",
    "`",
    ">",
    "~",
    "|",
    "<",
    "!",
    "$",
    "&",
    "\\",
    "(",
    "-",
    "#",
    "||",
    "**a",
    "*a **b",
    "_a __b",
    "`a``b",
    "[a](",
    "![a](",
    "[a](<",
    "![[]()",
    "a](https://a.kr)",
    "<a@",
    "<https://",
    "<!--",
    "<?",
    "&#",
    "$a",
    "$$a",
    "{$",
    "> ",
    "> > ",
    "- ",
    "1. ",
    "- - ",
    "- a\n",
    "> a\n",
    "> a\nb\n",
    "\\\n",
    "|a\n",
    "|-|\n",
    "|a|b|\n|-|-|\n",
    "```\n",
    "https://a.kr/)",
    "https://(",
    "http://-",
    "https://가에서",
    "https://a.kr/\u{200D}",
    "가",
    "**가(",
    "~~가)",
    "2024. ",
    "[x]: ",
    "[x]:\n",
    "\n",
    " ",
    "\t",
    "a ",
    "> > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > a\n",
    "- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -                                        \n",
    ">>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>\n",
    "  - a\n - b\n",
    "* * a\n* *\n",
    "[a]: <\n",
    "![[",
    "~~a",
    "`` ` ",
    "||a|| ",
    "|| a",
    "*a_b*c_",
    "***",
    "[[]",
    "[]]",
];

fn fastest(text: &str) -> Duration {
    let run = || {
        let start = Instant::now();
        black_box(parse(black_box(text)));
        start.elapsed()
    };
    (0..3).map(|_| run()).min().unwrap_or_default()
}

fn of_size(part: &str, size: usize) -> String {
    part.repeat(size / part.len())
}

#[test]
fn four_times_the_text_takes_less_than_eight_times_as_long() {
    for part in HOSTILE {
        // A busy machine disturbs single measurements.
        let mut ratios = (0..5).map(|_| {
            let [once, more] = [1, 4].map(|times| fastest(&of_size(part, times * SIZE)));
            // Below a tenth of a millisecond, the clock decides.
            let floor = Duration::from_micros(100);
            more.max(floor).as_secs_f64() / once.max(floor).as_secs_f64()
        });
        assert!(ratios.any(|ratio| ratio < 8.0), "{part:?} repeated");
    }
}

#[test]
#[ignore = "prints times; meant for an optimised build"]
fn table() {
    for part in HOSTILE {
        let times =
            [1, 2, 4].map(|times| fastest(&of_size(part, times * SIZE)).as_secs_f64() * 1e3);
        println!("{part:>16?} {times:.3?} ms");
    }
}
