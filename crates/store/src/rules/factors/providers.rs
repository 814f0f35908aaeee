//! Identity providers.

use madang_hub::accounts::{NewSession, SignInProof, StartedSession};
use madang_hub::administration::Actor;
use madang_hub::factors::{ProviderLink, ProviderSessionEnd, ProviderSignIn};
use madang_hub::policy::name_key;
use madang_hub::policy::rights::Need;
use madang_hub::ports::{TokenHash, TopicEvent};
use madang_shared::account::SignInMethod;
use madang_shared::administration::AuditAct;
use madang_shared::roles::Role;
use madang_shared::{Timestamp, UserId};

use crate::error::StatementError;
use crate::rules::accounts::{self, sessions};
use crate::rules::moderation::Origin;
use crate::rules::skeletons::NameTable;
use crate::rules::{refusals, rights, users};
use crate::transaction::{Transaction, values};

pub(crate) fn sign_in(
    transaction: &dyn Transaction,
    sign_in: ProviderSignIn,
    appended: &mut Vec<TopicEvent>,
) -> Result<StartedSession, StatementError> {
    let ProviderSignIn { issuer, subject, provider_session, names, role, may_join, session } =
        sign_in;
    let sql = "SELECT user_id FROM provider_identities WHERE issuer = ?1 AND subject = ?2";
    let found = transaction.optional(sql, &values![issuer, subject], |row| row.natural(0))?;
    let user = match found {
        Some(user) => UserId(user),
        None if may_join => {
            let user = create_user(transaction, names, &session, appended)?;
            let sql =
                "INSERT INTO provider_identities (issuer, subject, user_id) VALUES (?1, ?2, ?3)";
            transaction.run(sql, &values![issuer, subject, user.0])?;
            user
        }
        None => return Err(refusals::no_provider_account().into()),
    };
    if let Some(role) = role {
        set_role(transaction, (user, role), session.at, appended)?;
    }
    let token = session.token;
    let proof = SignInProof::Checked(SignInMethod::Provider);
    let started = sessions::start(transaction, (user, proof, session), appended)?;
    let sql = "INSERT INTO provider_sessions (token_hash, issuer, subject, provider_session) \
        VALUES (?1, ?2, ?3, ?4)";
    transaction.run(sql, &values![token, issuer, subject, provider_session])?;
    Ok(started)
}

/// Makes a user with the first free name, and joins it to the first room.
fn create_user(
    transaction: &dyn Transaction,
    names: Vec<String>,
    session: &NewSession,
    appended: &mut Vec<TopicEvent>,
) -> Result<UserId, StatementError> {
    let best = names.first().cloned().unwrap_or_default();
    for name in names {
        let key = name_key(&name);
        if NameTable::Users.has_look_alike(transaction, &name, &key)? {
            continue;
        }
        if let Some(user) = users::create(transaction, &name, &key, session.at)? {
            users::join_default_rooms(transaction, user.id, session.at, appended)?;
            return Ok(user.id);
        }
    }
    Err(refusals::user_name_taken(&best).into())
}

/// Sets the role by the groups of a person, and records it. The last owner stays one.
fn set_role(
    transaction: &dyn Transaction,
    (user, role): (UserId, Role),
    at: Timestamp,
    appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let before = rights::role(transaction, user)?;
    let sql = "UPDATE users SET role = ?2 WHERE id = ?1 AND role <> ?2 \
        AND (role <> ?3 OR EXISTS (SELECT 1 FROM users AS others \
            WHERE others.role = ?3 AND others.deactivated_at IS NULL AND others.id <> ?1))";
    let owner = Role::Owner.name();
    if transaction.execute(sql, &values![user.0, role.name(), owner])? > 0 {
        let origin = Origin { actor: Actor::Server, at, network: None, reason: "" };
        let detail = format!("{} → {}", before.name(), role.name());
        origin.record(transaction, AuditAct::SetRole, (Some(user), None), &detail, appended)?;
    }
    Ok(())
}

/// Lets a user sign in with a person of a provider. A person belongs to one user.
pub(crate) fn link(
    transaction: &dyn Transaction,
    link: ProviderLink,
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let ProviderLink { user, issuer, subject } = link;
    rights::require(transaction, user, Need::Account)?;
    let sql = "INSERT INTO provider_identities (issuer, subject, user_id) VALUES (?1, ?2, ?3) \
        ON CONFLICT (issuer, subject) DO NOTHING";
    transaction.execute(sql, &values![issuer, subject, user.0])?;
    let sql = "SELECT user_id FROM provider_identities WHERE issuer = ?1 AND subject = ?2";
    let owner = transaction.one(sql, &values![issuer, subject], |row| row.natural(0))?;
    if owner == user.0 { Ok(()) } else { Err(refusals::provider_taken().into()) }
}

/// Ends a user's sign-in with a provider, unless it is the last way.
pub(crate) fn unlink(
    transaction: &dyn Transaction,
    ProviderLink { user, issuer, .. }: ProviderLink,
    _appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    let sql = "DELETE FROM provider_identities WHERE user_id = ?1 AND issuer = ?2";
    if transaction.execute(sql, &values![user.0, issuer])? == 0 {
        return Err(refusals::no_linked_provider().into());
    }
    // The refusal undoes the deletion.
    if accounts::is_secured(transaction, user)? {
        Ok(())
    } else {
        Err(refusals::last_way_to_sign_in().into())
    }
}

/// The issuers of the providers with which a user signs in.
pub(super) fn issuers_of(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<Vec<String>, StatementError> {
    let sql = "SELECT DISTINCT issuer FROM provider_identities WHERE user_id = ?1 ORDER BY issuer";
    transaction.all(sql, &values![user.0], |row| Ok(row.string(0)))
}

/// Ends the sessions that a provider has begun. Returns them.
pub(crate) fn end_sessions(
    transaction: &dyn Transaction,
    end: ProviderSessionEnd,
    _appended: &mut Vec<TopicEvent>,
) -> Result<Vec<TokenHash>, StatementError> {
    let ProviderSessionEnd { issuer, subject, provider_session, up_to } = end;
    if subject.is_none() && provider_session.is_none() {
        return Ok(Vec::new());
    }
    // A name that the provider leaves out is an empty text here; no provider writes one.
    let sql = "DELETE FROM sessions WHERE made_at <= ?4 AND token_hash IN \
        (SELECT token_hash FROM provider_sessions WHERE issuer = ?1 \
        AND (?2 = '' OR subject = ?2) AND (?3 = '' OR provider_session = ?3)) RETURNING token_hash";
    let (subject, provider_session) =
        (subject.unwrap_or_default(), provider_session.unwrap_or_default());
    transaction.all(sql, &values![issuer, subject, provider_session, up_to.0], |row| row.hash(0))
}
