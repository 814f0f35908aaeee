//! The number of readers beside the user's own newest message.

use leptos::prelude::*;
use madang_client::Slice;
use madang_shared::Seq;
use madang_shared::read_count::ReadCount;

use crate::context::use_app;
use crate::i18n::{Lang, Words, use_lang};
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{part, text};

const READ: Words = Words::new("읽음", "Read");
const READ_BY_ALL: Words = Words::new("모두 읽음", "Read by all");

/// The read count of one of the user's own messages, while it is the newest one; nothing before somebody has read it.
pub(crate) fn read_count(message: Seq) -> AnyView {
    let store = use_app().driver.store();
    let lang = use_lang();
    let count = memo(move || {
        store.read(Slice::ReadCount, |client| client.features().read_count().of(message))
    });
    part(move || match count.get() {
        Some(count) if count.read > 0 => {
            let words = text(move || words(lang.get(), count));
            view! { <span class="read-count" data-testid="read-count">{words}</span> }.into_any()
        }
        _ => ().into_any(),
    })
}

fn words(lang: Lang, ReadCount { read, recipients }: ReadCount) -> String {
    match lang {
        _ if recipients == 1 => READ.of(lang).to_owned(),
        _ if read >= recipients => READ_BY_ALL.of(lang).to_owned(),
        Lang::Ko => format!("{read}명 읽음"),
        Lang::En => format!("Read by {read}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_tell_how_many_have_read() {
        for (read, recipients, korean, english) in [
            (1, 1, "읽음", "Read"),
            (1, 2, "1명 읽음", "Read by 1"),
            (2, 2, "모두 읽음", "Read by all"),
            (3, 12, "3명 읽음", "Read by 3"),
        ] {
            let count = ReadCount { read, recipients };
            assert_eq!(
                (words(Lang::Ko, count), words(Lang::En, count)),
                (korean.into(), english.into())
            );
        }
    }
}
