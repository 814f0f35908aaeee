//! The table of views: one row for each view that depends on no other view.
//!
//! A row names the view's [`Slice`](crate::Slice), its module in [`views`](crate::views), which is
//! also its field and accessor in [`Features`](crate::Features), its type, and the variants of
//! shared's envelopes that belong to it:
//!
//! - `topics`: the view gets the snapshots and events of these topics, by
//!   [`ApplySnapshot`](crate::view::ApplySnapshot) and [`ApplyEvent`](crate::view::ApplyEvent).
//! - `queries`: the view gets the answers, by [`ReceiveAnswer`](crate::view::ReceiveAnswer).
//! - `commands`: the view states the rules of these commands, by
//!   [`CommandRules`](crate::view::CommandRules).
//!
//! The rows of `lazy` are views that no screen needs at its start: an app can load their code later
//! (see [`features`](crate::features)). A view belongs to `core` only if the first screen of a room
//! shows it.
//!
//! `slice.rs` and the files in `features` derive the rest. A feature of shared without a row here
//! does not compile.

/// Calls the macro `$consumer` with all rows.
macro_rules! with_view_table {
    ($consumer:ident) => {
        $consumer! {
            core {
                /// The details of the open room.
                Details { details: RoomDetails, topics: [Details], queries: [], commands: [] }
                /// The notices for every user and for this user.
                Notices { notices: Notices, topics: [Notices, Inbox, OrderNotices, PostNotices], queries: [], commands: [Notices] }
            }
            lazy {
                /// The read count of the user's own newest message in the open room.
                ReadCount { read_count: OwnReadCount, topics: [], queries: [ReadCount], commands: [] }
                /// The shared counter, while a page follows it.
                Counter { counter: Counter, topics: [Counter], queries: [], commands: [Counter] }
                /// The draft text whose sentiment is shown.
                Sentiment { sentiment: SentimentDraft, topics: [], queries: [Sentiment], commands: [] }
                /// The posts, while a page follows them.
                Posts { posts: Posts, topics: [Posts], queries: [Posts], commands: [Posts] }
                /// The price of one Bitcoin, while a page follows it.
                Price { price: LatestPrice, topics: [Price], queries: [], commands: [] }
                /// The orders of the restaurant or those of the user, while a page follows them.
                Orders { orders: Orders, topics: [Orders, Menu, OwnOrders], queries: [], commands: [Orders] }
                /// The messages that the user has saved for later.
                Later { later: Later, topics: [Later], queries: [], commands: [Later] }
                /// The administration, while an administrator's page follows it.
                Administration { administration: AdministrationNews, topics: [Administration, Health], queries: [], commands: [] }
            }
        }
    };
}
