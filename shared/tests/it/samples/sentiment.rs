//! Samples of the sentiment of a text.

use madang_shared::sentiment::{Analysis, DecidingWord, Mood, Sentiment};

pub(super) fn sentiment() -> Sentiment {
    Sentiment { mood: Mood::Positive, score: 431 }
}

pub(super) fn analysis() -> Analysis {
    Analysis {
        sentiment: sentiment(),
        words: vec![DecidingWord { text: "love".into(), weight: 3_200 }],
    }
}
