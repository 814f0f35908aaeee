//! The time of a classification: `cargo run --release -p madang-sentiment --example speed`.

#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::time::{Duration, Instant};

use madang_sentiment::{MAX_CHARS, classify, prepare};

/// Pieces that make messages of the greatest length as slow as possible.
const WORST: &[&str] =
    &["good ", "but love ", "so so so good ", "gooood ", "안좋아 ", "ㅋㅠ", "가"];

fn main() {
    let start = Instant::now();
    prepare();
    println!("reading the lexicons: {:?}", start.elapsed());
    for text in ["I do not love this at all", "오늘 정말 좋았어 고마워"] {
        println!("{text}: {:?}", average(text, 1_000));
    }
    for piece in WORST {
        for length in [MAX_CHARS / 4, MAX_CHARS / 2, MAX_CHARS] {
            let text: String = piece.chars().cycle().take(length).collect();
            println!("{length} characters of {piece:?}: {:?}", average(&text, 20));
        }
    }
}

fn average(text: &str, times: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        std::hint::black_box(classify(std::hint::black_box(text)));
    }
    start.elapsed() / times
}
