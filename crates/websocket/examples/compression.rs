//! Cost and gain of compression, by level and message size; the source of the crate's threshold and
//! level. `cargo run --release -p madang-websocket --example compression`

#![expect(clippy::print_stdout, reason = "figures on standard output are what this program is for")]

use std::time::Instant;

use flate2::{Compress, Compression, FlushCompress};

/// Messages of each size.
const MESSAGES: u32 = 2_000;
const WORDS: &[&str] = &[
    "the",
    "courtyard",
    "is",
    "open",
    "come",
    "in",
    "whenever",
    "you",
    "like",
    "tomorrow",
    "at",
    "seven",
    "we",
    "meet",
    "마당은",
    "열려",
    "있으니",
    "언제든",
    "들어오세요",
    "내일",
    "일곱",
    "시에",
    "만나요",
    "고마워요",
    "who",
    "brings",
    "rice",
    "and",
    "who",
    "brings",
    "tea",
    "주문이",
    "왔어요",
];

/// A chat event as the hub sends it: an envelope, ids, a time, and a text that fills it up to
/// `bytes`.
fn event(number: u32, bytes: usize) -> Vec<u8> {
    let mut random = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut draw = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let (id, time) = (draw(), 1_760_000_000_000 + draw() % 100_000_000_000);
    let mut text = format!(
        r#"{{"event":{{"topic":"room:{}","seq":{number},"event":{{"chat":{{"posted":{{"id":"01977000-0000-7000-8000-{:012x}","author":{{"id":{},"name":"지우"}},"at":{time},"text":""#,
        draw() % 100,
        id & 0xFFFF_FFFF_FFFF,
        draw() % 1_000,
    );
    while text.len() + 10 < bytes {
        let at = usize::try_from(draw()).unwrap_or_default() % WORDS.len();
        text.extend([WORDS.get(at).copied().unwrap_or_default(), " "]);
    }
    text.push_str(r#""}}}}}"#);
    text.into_bytes()
}

fn main() {
    println!("bytes   level   ratio   µs per message");
    for bytes in [200, 256, 512, 1_024, 4_096, 16_384, 65_536] {
        let messages: Vec<Vec<u8>> = (0..MESSAGES).map(|number| event(number, bytes)).collect();
        let before: usize = messages.iter().map(Vec::len).sum();
        for level in [1, 2, 3, 4, 6, 9] {
            let mut deflate = Compress::new_with_window_bits(Compression::new(level), false, 15);
            let mut out = Vec::with_capacity(2 * bytes + 100);
            let mut after = 0;
            let start = Instant::now();
            for message in &messages {
                out.clear();
                deflate.reset();
                if deflate.compress_vec(message, &mut out, FlushCompress::Sync).is_ok() {
                    after += out.len() - 4;
                }
            }
            let each = start.elapsed() / MESSAGES;
            println!(
                "{:>5}   {level}       {:>3} %   {:>7.1}",
                before / messages.len(),
                100 * after / before,
                f64::from(u32::try_from(each.as_nanos()).unwrap_or(u32::MAX)) / 1_000.0
            );
        }
    }
}
