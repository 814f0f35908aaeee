//! The table of resources: one row for each, with the default rates of a user, a network, and the strangers of a network.
//!
//! The rates are decisions of this project, chosen so that honest use never meets them: 200 people behind one
//! address, one person with ten tabs, 5,000 clients that return after a restart.

use madang_shared::limits::{COMMAND_BURST, COMMANDS_PER_SECOND};
use madang_shared::session::{SIGN_UP_BURST, SIGN_UPS_PER_HOUR};

use super::rate::Rate;

/// The factor between the rates of a network and those of an IPv6 site.
const SITE_FACTOR: u64 = 4;

macro_rules! resources {
    ($($(#[$doc:meta])* $name:ident $field:ident $refusal:literal: user $user:expr, network $network:expr, stranger $stranger:expr;)+) => {
        /// A resource that a budget limits.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Resource {
            $($(#[$doc])* $name,)+
        }

        impl Resource {
            /// All resources, in the order of the table.
            pub const ALL: [Self; RESOURCES] = [$(Self::$name),+];

            /// The name in the configuration and in the log.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($field),)+
                }
            }

            /// The beginning of a refusal's sentence.
            pub(super) fn refusal(self) -> &'static str {
                match self {
                    $(Self::$name => $refusal,)+
                }
            }
        }

        /// The number of resources.
        pub(super) const RESOURCES: usize = [$(stringify!($name)),+].len();

        /// The rates of one kind of payer.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Rates {
            $($(#[$doc])* pub $field: Rate,)+
        }

        impl Rates {
            fn rate(&self, resource: Resource) -> Rate {
                match resource {
                    $(Resource::$name => self.$field,)+
                }
            }

            /// Changes the rate of a resource.
            pub fn set(&mut self, resource: Resource, rate: Rate) {
                match resource {
                    $(Resource::$name => self.$field = rate,)+
                }
            }

            fn times(self, factor: u64) -> Self {
                Self { $($field: self.$field.times(factor),)+ }
            }

            /// The default rates of a signed-in user.
            pub const USER: Self = Self { $($field: $user,)+ };
            /// The default rates of a network, of all its signed-in users together.
            pub const NETWORK: Self = Self { $($field: $network,)+ };
            /// The default rates of all strangers of a network together.
            pub const STRANGER: Self = Self { $($field: $stranger,)+ };
        }
    };
}

const SIGN_UPS: Rate = Rate::per_hour(SIGN_UP_BURST as u64, SIGN_UPS_PER_HOUR as u64);
/// A school class may share one router, and each pupil may forget a password.
const SIGN_INS: Rate = Rate::per_hour(200, 1_000);
const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;

resources! {
    /// Commands and signals.
    Commands commands "Too many requests":
        user Rate::per_second(COMMAND_BURST as u64, COMMANDS_PER_SECOND as u64), network Rate::per_second(2_000, 500),
        stranger Rate::per_second(400, 200);
    /// Requests that read the store: subscriptions, queries, checks of a session.
    Reads reads "Too many requests":
        user Rate::per_second(2_000, 100), network Rate::per_second(200_000, 2_000),
        stranger Rate::per_second(20_000, 1_000);
    /// Bytes from the client.
    BytesIn bytes_in "Too many bytes":
        user Rate::per_second(4 * MIB, 256 * KIB), network Rate::per_second(64 * MIB, 4 * MIB),
        stranger Rate::per_second(8 * MIB, MIB);
    /// Bytes of answers to the client's own requests.
    BytesOut bytes_out "Too many bytes were requested":
        user Rate::per_second(32 * MIB, MIB), network Rate::per_second(512 * MIB, 16 * MIB),
        stranger Rate::per_second(32 * MIB, 4 * MIB);
    /// New rooms.
    NewRooms new_rooms "Too many new rooms":
        user Rate::per_day(20, 20), network Rate::per_day(200, 200), stranger Rate::per_day(1, 1);
    /// Possible mentions in messages, each of which may notify a person.
    Mentions mentions "Too many mentions":
        user Rate::per_hour(60, 600), network Rate::per_hour(600, 6_000),
        stranger Rate::per_hour(60, 600);
    /// Bytes that commands add to the database, roughly: see [`crate::storage`].
    StoredBytes stored_bytes "Too much was stored":
        user Rate::per_day(128 * MIB, 128 * MIB), network Rate::per_day(GIB, GIB),
        stranger Rate::per_day(128 * MIB, 128 * MIB);
    /// Refused requests. A client above this budget is disconnected.
    Refusals refusals "Too many refused requests":
        user Rate::per_second(1_000, 20), network Rate::per_second(10_000, 200),
        stranger Rate::per_second(1_000, 20);
    /// New users.
    SignUps sign_ups "Too many people have signed up":
        user SIGN_UPS, network SIGN_UPS, stranger SIGN_UPS;
    /// Attempts to sign in that were wrong.
    SignIns sign_ins "Too many wrong attempts to sign in":
        user SIGN_INS, network SIGN_INS, stranger SIGN_INS;
}

impl Resource {
    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// The kind of a payer; it decides the rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PayerKind {
    User,
    Network,
    NetworkSite,
    Stranger,
    StrangerSite,
}

/// The rates of all kinds of payers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetRates {
    /// Of a signed-in user.
    pub user: Rates,
    /// Of a network.
    pub network: Rates,
    /// Of the strangers of a network.
    pub stranger: Rates,
}

impl Default for BudgetRates {
    fn default() -> Self {
        Self { user: Rates::USER, network: Rates::NETWORK, stranger: Rates::STRANGER }
    }
}

impl BudgetRates {
    /// All rates multiplied by a factor.
    #[must_use]
    pub fn times(self, factor: u64) -> Self {
        Self {
            user: self.user.times(factor),
            network: self.network.times(factor),
            stranger: self.stranger.times(factor),
        }
    }

    pub(super) fn rate(&self, kind: PayerKind, resource: Resource) -> Rate {
        match kind {
            PayerKind::User => self.user.rate(resource),
            PayerKind::Network => self.network.rate(resource),
            PayerKind::NetworkSite => self.network.rate(resource).times(SITE_FACTOR),
            PayerKind::Stranger => self.stranger.rate(resource),
            PayerKind::StrangerSite => self.stranger.rate(resource).times(SITE_FACTOR),
        }
    }
}
