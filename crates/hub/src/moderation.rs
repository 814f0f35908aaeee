//! Moderation: the reasons and durations of acts, bans of networks, and the port of reports.
//!
//! Deleted messages and silences are changes of [`crate::chat`] and [`crate::rooms`]; bans are acts of
//! [`crate::administration`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use futures_util::future::BoxFuture;
use ipnet::{IpNet, Ipv6Net};
use madang_shared::administration::MAX_REASON_CHARS;
use madang_shared::moderation::{
    AddressBan, Ban, MAX_REPORT_CHARS, MAX_RESTRICTION_MS, NewReport, ReportAction, ReportDecision,
    ReportsPage,
};
use madang_shared::roles::Role;
use madang_shared::{ErrorCode, Failure, RoomId, Timestamp, UserId, validate};

use crate::accounts::TokenHash;
use crate::budgets::network::Network;
use crate::store_error::StoreError;

/// The bits of the network of one banned IPv6 address: a host chooses the others.
const HOST_NETWORK_BITS: u8 = 64;

/// A reason, which may be empty.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn reason(text: &str) -> Result<String, Failure> {
    if text.trim().is_empty() {
        return Ok(String::new());
    }
    validate::one_line(text, MAX_REASON_CHARS, "A reason")
}

/// A reason that must be there.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn required_reason(text: &str) -> Result<String, Failure> {
    let reason = reason(text)?;
    if reason.is_empty() { Err(no_reason()) } else { Ok(reason) }
}

/// The refusal of an act without a reason.
pub fn no_reason() -> Failure {
    let message = "This needs a reason; the audit log records it.";
    Failure::new(ErrorCode::Invalid, message)
}

/// Checks the duration of a silence or a ban.
///
/// # Errors
/// `invalid`.
pub fn check_duration(lasts_ms: u64) -> Result<(), Failure> {
    if lasts_ms <= MAX_RESTRICTION_MS {
        return Ok(());
    }
    Err(Failure::new(ErrorCode::Invalid, "This lasts for a year at most; choose a shorter time."))
}

/// The facts that decide whether a moderator may silence, remove or ban a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestrictionFacts {
    /// The role of the moderator in the workspace.
    pub actor: Role,
    /// Whether the moderator is the user.
    pub is_self: bool,
    /// The role of the user in the workspace.
    pub role: Role,
    /// Whether the account of the user belongs to the server.
    pub is_service: bool,
}

/// Decides whether a moderator may restrict a user. Nobody restricts administrators and owners but an owner.
///
/// # Errors
/// `forbidden`.
pub fn check_restriction(facts: RestrictionFacts) -> Result<(), Failure> {
    let message = if facts.is_self {
        "You cannot do this to yourself."
    } else if facts.is_service {
        "This account belongs to the server itself and cannot be restricted."
    } else if facts.role >= Role::Administrator && facts.actor != Role::Owner {
        "Only an owner of the workspace decides about administrators and owners."
    } else {
        return Ok(());
    };
    Err(Failure::new(ErrorCode::Forbidden, message))
}

/// Reads a network to be banned: `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/48`. One IPv6 address stands for its network
/// of 64 bits. `own` is the present address of the administrator.
///
/// # Errors
/// `invalid`, with a sentence for the administrator.
pub fn banned_network(text: &str, own: Option<IpAddr>) -> Result<IpNet, Failure> {
    let invalid = |message: &str| Failure::new(ErrorCode::Invalid, message);
    let network = parse_network(text.trim()).ok_or_else(|| {
        invalid("This is no address and no network; write 203.0.113.7, 203.0.113.0/24 or 2001:db8::/48.")
    })?;
    if overlaps_loopback(network) {
        return Err(invalid(
            "The server's own machine cannot be banned; choose a smaller network.",
        ));
    }
    if own.is_some_and(|own| network.contains(&own.to_canonical())) {
        return Err(invalid(
            "Your own address is in this network, and the ban would lock you out; choose a smaller network.",
        ));
    }
    Ok(network)
}

/// Reads a network in its canonical form.
pub fn parse_network(text: &str) -> Option<IpNet> {
    let network = match text.parse::<IpAddr>() {
        Ok(address) => match address.to_canonical() {
            address @ IpAddr::V4(_) => IpNet::from(address),
            IpAddr::V6(address) => Ipv6Net::new(address, HOST_NETWORK_BITS).ok()?.into(),
        },
        Err(_) => match canonical(text.parse().ok()?)? {
            IpNet::V6(network) if network.prefix_len() > HOST_NETWORK_BITS => {
                Ipv6Net::new(network.addr(), HOST_NETWORK_BITS).ok()?.into()
            }
            network => network,
        },
    };
    Some(network.trunc())
}

/// An IPv4 network that is written as a mapped IPv6 one, as the IPv4 network that it is.
fn canonical(network: IpNet) -> Option<IpNet> {
    let IpNet::V6(mapped) = network else { return Some(network) };
    match (mapped.addr().to_ipv4_mapped(), mapped.prefix_len().checked_sub(96)) {
        (Some(address), Some(bits)) => Some(ipnet::Ipv4Net::new(address, bits).ok()?.into()),
        _ => Some(network),
    }
}

fn overlaps_loopback(network: IpNet) -> bool {
    let loopback_v4 = ipnet::Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
    match network {
        IpNet::V4(network) => network.contains(&loopback_v4) || loopback_v4.contains(&network),
        IpNet::V6(network) => {
            let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped();
            network.contains(&Ipv6Addr::LOCALHOST) || network.contains(&mapped)
        }
    }
}

/// The refusal of a request from a banned network.
pub fn address_banned(ban: &AddressBan) -> Failure {
    let until =
        ban.until.map(|until| format!(" until {}", crate::policy::restrictions::utc(until)));
    let message = format!("Your address is banned{}.", until.unwrap_or_default());
    Failure::new(ErrorCode::Forbidden, message)
}

/// A report with its circumstances.
#[derive(Clone, Debug)]
pub struct ReportRequest {
    /// The user who reports.
    pub reporter: UserId,
    /// The report; its words are valid.
    pub report: NewReport,
    /// The present time.
    pub at: Timestamp,
    /// The network from which the request came.
    pub network: Option<Network>,
}

impl ReportRequest {
    /// Checks the words of a report.
    ///
    /// # Errors
    /// `invalid` or `too_long`.
    pub fn new(
        (reporter, network): (UserId, Option<Network>),
        NewReport { room, message, category, words }: NewReport,
        at: Timestamp,
    ) -> Result<Self, Failure> {
        let words = if words.trim().is_empty() {
            String::new()
        } else {
            validate::some_lines(&words, MAX_REPORT_CHARS, "The description")?
        };
        Ok(Self { reporter, report: NewReport { room, message, category, words }, at, network })
    }
}

/// A decision about a report with its circumstances.
#[derive(Clone, Debug)]
pub struct DecisionRequest {
    /// The moderator.
    pub moderator: UserId,
    /// The number of the report.
    pub report: u64,
    /// The act.
    pub action: ReportAction,
    /// The reason, validated.
    pub reason: String,
    /// The present time.
    pub at: Timestamp,
    /// The network from which the request came.
    pub network: Option<Network>,
}

impl DecisionRequest {
    /// Checks the reason and the duration.
    ///
    /// # Errors
    /// `invalid` or `too_long`.
    pub fn new(
        (moderator, network): (UserId, Option<Network>),
        report: u64,
        ReportDecision { action, reason }: ReportDecision,
        at: Timestamp,
    ) -> Result<Self, Failure> {
        let reason = required_reason(&reason)?;
        match action {
            ReportAction::Silence { lasts_ms: 0 } | ReportAction::Ban { lasts_ms: Some(0) } => {
                return Err(Failure::new(ErrorCode::Invalid, "Choose a time that is not zero."));
            }
            ReportAction::Silence { lasts_ms } | ReportAction::Ban { lasts_ms: Some(lasts_ms) } => {
                check_duration(lasts_ms)?;
            }
            _ => {}
        }
        Ok(Self { moderator, report, action, reason, at, network })
    }
}

/// Reports, and the bans of networks and sessions.
pub trait Moderation: Send + Sync + 'static {
    /// Stores a report and notifies the moderators. To report a message again returns the first report.
    ///
    /// # Errors
    /// `not_member` or `not_found` for a message that the user does not see; `rate_limited` for too many reports;
    /// `invalid` for an own or a deleted message.
    fn report(&self, request: ReportRequest) -> BoxFuture<'static, Result<u64, StoreError>>;

    /// A page of the reports that a user may decide, after `skip` others.
    ///
    /// # Errors
    /// `forbidden` for a deactivated account.
    fn reports(
        &self,
        reader: UserId,
        skip: u64,
    ) -> BoxFuture<'static, Result<ReportsPage, StoreError>>;

    /// Decides a report: executes the act, closes the report, and notifies the reporter. To decide a report again changes
    /// nothing. Returns whether it was open.
    ///
    /// # Errors
    /// `not_found` for a report that the user may not decide; `forbidden` for an act beyond the user's rights.
    fn decide_report(
        &self,
        request: DecisionRequest,
    ) -> BoxFuture<'static, Result<bool, StoreError>>;

    /// Checks that a user is not silenced in a room; see [`crate::policy::restrictions::check_speech`].
    ///
    /// # Errors
    /// `forbidden`.
    fn check_speech(
        &self,
        user: UserId,
        room: RoomId,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// The bans of networks whose end has not passed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn address_bans(
        &self,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Vec<AddressBan>, StoreError>>;

    /// The ban of the user of a session.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn ban_of_session(
        &self,
        session: TokenHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<Ban>, StoreError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Option<String> {
        parse_network(text).map(|network| network.to_string())
    }

    #[test]
    fn networks_are_read_in_their_canonical_form() {
        for (text, expected) in [
            ("203.0.113.7", "203.0.113.7/32"),
            ("203.0.113.7/24", "203.0.113.0/24"),
            ("::ffff:203.0.113.7", "203.0.113.7/32"),
            ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
            ("2001:db8::1", "2001:db8::/64"),
            ("2001:db8:7::1/48", "2001:db8:7::/48"),
            ("2001:db8::1/128", "2001:db8::/64"),
        ] {
            assert_eq!(network(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "madang", "203.0.113", "203.0.113.0/33", "203.0.113.7/"] {
            assert_eq!(network(text), None, "{text}");
        }
    }

    #[test]
    fn neither_loopback_nor_the_own_address_is_banned() {
        let own = "203.0.113.7".parse().ok();
        for text in [
            "127.0.0.1",
            "127.9.0.0/16",
            "0.0.0.0/0",
            "126.0.0.0/7",
            "::1",
            "::/0",
            "::ffff:127.0.0.1",
            "203.0.113.7",
            "203.0.113.0/24",
        ] {
            let refused = banned_network(text, own).unwrap_err();
            assert_eq!(refused.code, ErrorCode::Invalid, "{text}");
        }
        let mapped = "::ffff:203.0.113.7".parse().ok();
        assert!(banned_network("203.0.113.0/24", mapped).is_err());
        assert!(banned_network("2001:db8::5", "2001:db8::9".parse().ok()).is_err());
        assert!(banned_network("203.0.113.8", own).is_ok());
        assert!(banned_network("2001:db8:1::/48", "2001:db8::9".parse().ok()).is_ok());
    }

    #[test]
    fn nobody_restricts_administrators_but_owners() {
        let check = |actor, role| {
            check_restriction(RestrictionFacts { actor, is_self: false, role, is_service: false })
        };
        assert_eq!(check(Role::Member, Role::Member), Ok(()));
        assert_eq!(check(Role::Owner, Role::Owner), Ok(()));
        assert!(check(Role::Administrator, Role::Administrator).is_err());
        assert!(check(Role::Member, Role::Owner).is_err());
    }

    #[test]
    fn a_reason_is_required_and_bounded() {
        assert_eq!(required_reason("  spam ").as_deref(), Ok("spam"));
        assert_eq!(required_reason(" \n").unwrap_err().code, ErrorCode::Invalid);
        let long = "a".repeat(MAX_REASON_CHARS + 1);
        assert_eq!(reason(&long).unwrap_err().code, ErrorCode::TooLong);
    }
}
