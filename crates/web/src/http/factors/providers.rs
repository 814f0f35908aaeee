//! The identity providers of a server.

use madang_hub::accounts::NewSession;
use madang_hub::factors::{ProviderSignIn, user_names};
use madang_identity::oidc::{Provider, ProviderIdentity};
use madang_shared::factors::LinkedProvider;
use madang_shared::roles::Role;

/// The persons who get an account at their first sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Everybody whom the provider signs in.
    Everybody,
    /// The persons with these addresses, which the provider has verified; `@team.example` stands for all addresses of a
    /// host. In lower case.
    Addresses(Vec<String>),
    /// Nobody. Earlier accounts still sign in.
    Nobody,
}

/// An identity provider.
#[derive(Debug)]
pub struct SignInProvider {
    /// Its id in addresses.
    pub id: String,
    /// Its name on the button.
    pub name: String,
    /// The provider.
    pub provider: Provider,
    /// The role of each group. A person in several groups has the highest role.
    pub roles: Vec<(String, Role)>,
    /// The role of a person in none of the groups; none to leave it as it is.
    pub other_role: Option<Role>,
    /// The persons who get an account.
    pub admission: Admission,
}

/// The identity providers, in the order of their buttons.
#[derive(Debug, Default)]
pub struct SignInProviders(Vec<SignInProvider>);

impl SignInProviders {
    /// The providers, in this order.
    pub fn new(providers: Vec<SignInProvider>) -> Self {
        Self(providers)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &SignInProvider> {
        self.0.iter()
    }

    /// The providers, with those whose issuers are among these as linked.
    pub(super) fn linked(&self, issuers: &[String]) -> Vec<LinkedProvider> {
        let linked = |provider: &SignInProvider| LinkedProvider {
            id: provider.id.clone(),
            name: provider.name.clone(),
            linked: issuers.iter().any(|issuer| issuer == provider.provider.issuer()),
        };
        self.all().map(linked).collect()
    }

    pub(super) fn find(&self, id: &str) -> Option<&SignInProvider> {
        self.all().find(|provider| provider.id == id)
    }
}

impl SignInProvider {
    /// The sign-in of a person.
    pub(super) fn sign_in(
        &self,
        identity: ProviderIdentity,
        session: NewSession,
    ) -> ProviderSignIn {
        let may_join = self.admits(identity.verified_address.as_deref());
        let role = self.role(&identity.groups);
        ProviderSignIn {
            issuer: identity.issuer,
            subject: identity.subject,
            provider_session: identity.provider_session,
            names: user_names(&identity.names),
            role,
            may_join,
            session,
        }
    }

    fn role(&self, groups: &[String]) -> Option<Role> {
        let roles = self.roles.iter().filter(|(group, _)| groups.contains(group));
        roles.map(|(_, role)| *role).max().or(self.other_role)
    }

    fn admits(&self, address: Option<&str>) -> bool {
        match &self.admission {
            Admission::Everybody => true,
            Admission::Nobody => false,
            Admission::Addresses(addresses) => address.is_some_and(|address| {
                let address = address.to_lowercase();
                let host = address.rsplit_once('@').map(|(_, host)| format!("@{host}"));
                addresses.iter().any(|it| *it == address || Some(it) == host.as_ref())
            }),
        }
    }
}
