//! How messages feel: judged before they are stored, and while they are typed.

use madang_shared::chat::MAX_MESSAGE_CHARS;
use madang_shared::sentiment::MAX_CLASSIFIED_CHARS;
use madang_shared::sentiment::{
    Analysis, DecidingWord, Mood, Sentiment, SentimentAnswer, SentimentQuery,
};
use madang_shared::{ErrorCode, Failure};

/// Reads the lexicons now, so that nobody's first message waits for it.
pub fn prepare() {
    madang_sentiment::prepare();
}

/// Judges a text by its first [`MAX_CLASSIFIED_CHARS`] characters: how a message begins says how it feels,
/// and nobody can make the server read for long.
pub fn classify(text: &str) -> Analysis {
    let end = text.char_indices().nth(MAX_CLASSIFIED_CHARS).map_or(text.len(), |(at, _)| at);
    let judged = madang_sentiment::classify(text.get(..end).unwrap_or(text));
    let mood = match judged.class {
        madang_sentiment::Class::Positive => Mood::Positive,
        madang_sentiment::Class::Neutral => Mood::Neutral,
        madang_sentiment::Class::Negative => Mood::Negative,
    };
    let word = |word: madang_sentiment::Word| DecidingWord {
        text: word.text,
        weight: word.weight_thousandths,
    };
    Analysis {
        sentiment: Sentiment { mood, score: judged.score },
        words: judged.deciding.into_iter().map(word).collect(),
    }
}

/// Answers a question.
///
/// # Errors
/// `too_long`.
pub fn answer(query: &SentimentQuery) -> Result<SentimentAnswer, Failure> {
    let SentimentQuery::Classify { text } = query;
    if text.chars().nth(MAX_MESSAGE_CHARS).is_some() {
        let message = format!("A message has at most {MAX_MESSAGE_CHARS} characters.");
        return Err(Failure::new(ErrorCode::TooLong, message));
    }
    Ok(SentimentAnswer::Classified(classify(text)))
}
