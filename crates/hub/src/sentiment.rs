//! Sentiment: the class of a text, before a message is stored and while it is typed.

use madang_shared::chat::MAX_MESSAGE_CHARS;
use madang_shared::sentiment::MAX_CLASSIFIED_CHARS;
use madang_shared::sentiment::{
    Analysis, DecidingWord, Mood, Sentiment, SentimentAnswer, SentimentQuery,
};
use madang_shared::{ErrorCode, Failure};

/// Loads the lexicons, so that the first message does not wait for them.
pub fn prepare() {
    madang_sentiment::prepare();
}

/// Classifies a text by its first [`MAX_CLASSIFIED_CHARS`] characters. The limit bounds the work; the
/// beginning of a message is enough to classify it.
pub fn classify(text: &str) -> Analysis {
    let end = text.char_indices().nth(MAX_CLASSIFIED_CHARS).map_or(text.len(), |(at, _)| at);
    let result = madang_sentiment::classify(text.get(..end).unwrap_or(text));
    let mood = match result.class {
        madang_sentiment::Class::Positive => Mood::Positive,
        madang_sentiment::Class::Neutral => Mood::Neutral,
        madang_sentiment::Class::Negative => Mood::Negative,
    };
    let word = |word: madang_sentiment::Word| DecidingWord {
        text: word.text,
        weight: word.weight_thousandths,
    };
    Analysis {
        sentiment: Sentiment { mood, score: result.score },
        words: result.deciding.into_iter().map(word).collect(),
    }
}

/// Answers a query.
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
