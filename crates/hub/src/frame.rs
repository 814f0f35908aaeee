//! Frames that are encoded once and written by every connection that needs them.
//!
//! The web package adds its own encodings (a WebSocket frame, plain or compressed) through
//! [`Encoded`]. They are cached beside the text, so that a frame for a thousand connections is encoded
//! once.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use madang_shared::codec;
use madang_shared::{ServerFrame, Topic};

use crate::log::LogEntry;

/// The text of one frame. Clones share the text and the cached encodings.
#[derive(Clone, Debug)]
pub struct Frame(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Whole(Arc<Whole>),
    Around(Arc<Around>),
}

#[derive(Debug)]
struct Whole {
    text: Bytes,
    encoded: EncodedCache,
}

#[derive(Debug)]
struct Around {
    start: &'static str,
    middle: FramePart,
    end: String,
    /// Made when the text is needed in one piece.
    whole: OnceLock<Whole>,
}

/// A part of the text of many frames. Clones share the text and its cached encodings.
#[derive(Clone, Debug)]
pub struct FramePart(Arc<Whole>);

/// The number that the web package gives to one of its encodings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding(pub u8);

/// The web package's encodings of one frame, or of one batch of frames.
pub trait Encoded: Send + Sync + 'static {
    /// The bytes of `frames` in one encoding; `frames` are always those for which the value was made.
    /// An implementation makes the bytes at the first call and returns the same ones afterwards.
    /// `None` if the frames do not have this encoding.
    fn bytes(&self, frames: &[Frame], encoding: Encoding) -> Option<&Bytes>;

    /// Whether [`Self::bytes`] returns at once, because nothing is left to make.
    fn is_made(&self, encoding: Encoding) -> bool;
}

/// The encodings of a frame or a batch, made at the first use. Concurrent callers wait for the first
/// one.
#[derive(Default)]
struct EncodedCache(OnceLock<Box<dyn Encoded>>);

impl EncodedCache {
    fn bytes<E: Encoded>(
        &self,
        frames: &[Frame],
        encoding: Encoding,
        make: impl FnOnce() -> E,
    ) -> Option<&Bytes> {
        self.0.get_or_init(|| Box::new(make())).bytes(frames, encoding)
    }

    fn is_made(&self, encoding: Encoding) -> bool {
        self.0.get().is_some_and(|encoded| encoded.is_made(encoding))
    }
}

impl fmt::Debug for EncodedCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_made = self.0.get().is_some();
        f.debug_struct("EncodedCache").field("is_made", &is_made).finish()
    }
}

impl Frame {
    /// Encodes a frame for one connection.
    pub fn of(frame: &ServerFrame) -> Self {
        Self::new(codec::encode_server(frame))
    }

    /// The frame of an event. It contains the text of the log entry unchanged.
    pub fn of_event(topic: Topic, entry: &LogEntry) -> Self {
        Self::new(codec::event_frame(topic, entry.seq, &entry.content))
    }

    /// A frame whose text is that of three parts. Many frames share the middle.
    pub(crate) fn around(start: &'static str, middle: FramePart, end: String) -> Self {
        let whole = OnceLock::new();
        Self(Kind::Around(Arc::new(Around { start, middle, end, whole })))
    }

    fn new(text: impl Into<Bytes>) -> Self {
        Self(Kind::Whole(Arc::new(Whole::new(text))))
    }

    fn whole(&self) -> &Whole {
        match &self.0 {
            Kind::Whole(whole) => whole,
            Kind::Around(around) => around.whole.get_or_init(|| {
                let Around { start, middle, end, .. } = &**around;
                Whole::new([start.as_bytes(), middle.bytes(), end.as_bytes()].concat())
            }),
        }
    }

    /// The frame as UTF-8 text.
    pub fn bytes(&self) -> &Bytes {
        &self.whole().text
    }

    /// The start, middle and end of a frame whose middle many frames share. Such a frame is best written in these
    /// parts. `None` for any other frame.
    pub fn parts(&self) -> Option<(&'static str, &FramePart, &str)> {
        match &self.0 {
            Kind::Whole(_) => None,
            Kind::Around(around) => Some((around.start, &around.middle, &around.end)),
        }
    }

    /// The frame in one of the web package's encodings. `make` runs once for the frame and all its
    /// clones, so every caller must pass the same kind of encodings.
    pub fn encoded<E: Encoded>(
        &self,
        encoding: Encoding,
        make: impl FnOnce() -> E,
    ) -> Option<&Bytes> {
        self.whole().encoded.bytes(std::slice::from_ref(self), encoding, make)
    }

    /// Whether the frame is encoded already.
    pub fn is_encoded(&self, encoding: Encoding) -> bool {
        self.whole().encoded.is_made(encoding)
    }

    /// The length of the text, in bytes.
    pub fn len(&self) -> usize {
        match &self.0 {
            Kind::Whole(whole) => whole.text.len(),
            Kind::Around(around) => {
                around.start.len() + around.middle.bytes().len() + around.end.len()
            }
        }
    }

    /// Always false: every frame names its kind.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl FramePart {
    pub(crate) fn new(text: String) -> Self {
        Self(Arc::new(Whole::new(text)))
    }

    /// The part as UTF-8 text.
    pub fn bytes(&self) -> &Bytes {
        &self.0.text
    }

    /// The part in one of the web package's encodings; see [`Frame::encoded`]. The encodings belong to no frame.
    pub fn encoded<E: Encoded>(
        &self,
        encoding: Encoding,
        make: impl FnOnce() -> E,
    ) -> Option<&Bytes> {
        self.0.encoded.bytes(&[], encoding, make)
    }

    /// Whether the part is encoded already.
    pub fn is_encoded(&self, encoding: Encoding) -> bool {
        self.0.encoded.is_made(encoding)
    }
}

impl PartialEq for FramePart {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for FramePart {}

impl Whole {
    fn new(text: impl Into<Bytes>) -> Self {
        Self { text: text.into(), encoded: EncodedCache::default() }
    }
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Frame {}

/// Consecutive frames of a topic. The fan-out writes the same batch to all subscribers with the same
/// cursor.
#[derive(Debug)]
pub struct FrameBatch {
    frames: Vec<Frame>,
    encoded: EncodedCache,
}

impl FrameBatch {
    pub(crate) fn new(frames: Vec<Frame>) -> Self {
        Self { frames, encoded: EncodedCache::default() }
    }

    /// The frames, in the order of their seqs.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The whole batch in one of the web package's encodings. `make` runs once for the batch, so every
    /// caller must pass the same kind of encodings.
    pub fn encoded<E: Encoded>(
        &self,
        encoding: Encoding,
        make: impl FnOnce() -> E,
    ) -> Option<&Bytes> {
        self.encoded.bytes(&self.frames, encoding, make)
    }
}
