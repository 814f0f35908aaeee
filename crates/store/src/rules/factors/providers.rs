//! Identity providers.

use madang_hub::accounts::{NewSession, SignInProof, StartedSession};
use madang_hub::factors::{ProviderSessionEnd, ProviderSignIn};
use madang_hub::policy::name_key;
use madang_hub::ports::{TokenHash, TopicEvent};
use madang_shared::UserId;
use madang_shared::account::SignInMethod;
use madang_shared::roles::Role;

use crate::error::StatementError;
use crate::rules::accounts::sessions;
use crate::rules::skeletons::NameTable;
use crate::rules::{refusals, users};
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
        set_role(transaction, user, role)?;
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

/// Sets the role by the groups of a person. The last owner stays one.
fn set_role(transaction: &dyn Transaction, user: UserId, role: Role) -> Result<(), StatementError> {
    let sql = "UPDATE users SET role = ?2 WHERE id = ?1 AND role <> ?2 \
        AND (role <> ?3 OR EXISTS (SELECT 1 FROM users AS others \
            WHERE others.role = ?3 AND others.deactivated_at IS NULL AND others.id <> ?1))";
    transaction.run(sql, &values![user.0, role.name(), Role::Owner.name()])
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
