//! Samples of the notices of new posts.

use madang_shared::notices::{NoticeContent, PostNoticesEvent, PostNoticesSnapshot};
use madang_shared::{PostId, Topic};

use super::{notices, user};

pub(super) fn events() -> Vec<(Topic, PostNoticesEvent)> {
    let what = NoticeContent::Posted { post: PostId(5), by: user() };
    vec![(Topic::PostNotices, PostNoticesEvent(notices::notice(what)))]
}

pub(super) fn event_name(PostNoticesEvent(notice): &PostNoticesEvent) -> &'static str {
    notices::notice_name(notice)
}

pub(super) fn snapshot() -> (Topic, PostNoticesSnapshot) {
    let mut snapshot = PostNoticesSnapshot::default();
    for (_, event) in events() {
        snapshot.apply(event);
    }
    (Topic::PostNotices, snapshot)
}
