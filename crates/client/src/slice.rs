//! The parts of the client that can change, so that an app redraws only what changed.

macro_rules! define_slice {
    ($( $part:ident { $( $(#[$doc:meta])* $slice:ident { $field:ident: $($rest:tt)* } )+ } )+) => {
        /// A part of the client that can change, and that a screen can show.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Slice {
            /// [`Client::connection`](crate::Client::connection), and the counters of the connection.
            Connection,
            /// [`Client::outbox`](crate::Client::outbox).
            Outbox,
            /// [`Features::memberships`](crate::Features::memberships), and the unread counts of all
            /// rooms.
            Unread,
            /// The [`Features::timeline`](crate::Features::timeline) of the open room.
            Timeline,
            /// [`Features::presence`](crate::Features::presence) in the open room.
            Presence,
            $($(
                $(#[$doc])*
                #[doc = concat!("See `Features::", stringify!($field), "`.")]
                $slice,
            )+)+
        }

        impl Slice {
            /// Every slice, each at its [`Slice::index`].
            pub const ALL: &'static [Self] = &[
                Self::Connection,
                Self::Outbox,
                Self::Unread,
                Self::Timeline,
                Self::Presence,
                $($(Self::$slice,)+)+
            ];

            /// The number of slices.
            pub const COUNT: usize = Self::ALL.len();

            /// The slice's index in [`Slice::ALL`], for arrays with one entry per slice.
            pub const fn index(self) -> usize {
                self as usize
            }
        }
    };
}

with_view_table!(define_slice);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slice_stands_at_its_index() {
        for (index, slice) in Slice::ALL.iter().enumerate() {
            assert_eq!(slice.index(), index);
        }
    }
}
