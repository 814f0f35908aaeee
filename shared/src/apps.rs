//! The apps: the features that the operator of a server switches on and off. Chat and notices are always on.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Makes [`App`] out of the table of apps: a variant, and the name in the configuration and on the wire.
macro_rules! apps {
    ($($(#[$doc:meta])* $app:ident = $name:literal,)+) => {
        /// A feature, or several that belong together, which the operator switches on and off. The table of
        /// [features](crate::features) names the app of each feature.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum App {
            $($(#[$doc])* $app,)+
        }

        impl App {
            /// All apps.
            pub const ALL: &[Self] = &[$(Self::$app,)+];

            /// The name in the configuration and on the wire.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$app => $name,)+
                }
            }
        }
    };
}

apps! {
    /// Posts for everybody.
    Feed = "feed",
    /// The orders of a restaurant.
    Orders = "orders",
    /// The price of Bitcoin.
    Price = "price",
    /// The shared counter.
    Counter = "counter",
}

impl App {
    /// The app with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|app| app.name() == name)
    }

    fn bit(self) -> u32 {
        1 << (self as u32)
    }
}

/// A set of apps. On the wire it is the list of their names; the names of a newer version are left out.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Apps(u32);

impl Apps {
    /// The set of all apps.
    pub fn all() -> Self {
        App::ALL.iter().copied().collect()
    }

    /// Whether the set has the app.
    pub fn contains(self, app: App) -> bool {
        self.0 & app.bit() != 0
    }

    /// Whether the set has no app.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The apps, in the order of [`App::ALL`].
    pub fn iter(self) -> impl Iterator<Item = App> {
        App::ALL.iter().copied().filter(move |app| self.contains(*app))
    }

    /// The set in which one app is switched.
    #[must_use]
    pub fn switched(self, app: App) -> Self {
        Self(self.0 ^ app.bit())
    }
}

impl fmt::Debug for Apps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<App> for Apps {
    fn from_iter<I: IntoIterator<Item = App>>(apps: I) -> Self {
        Self(apps.into_iter().fold(0, |bits, app| bits | app.bit()))
    }
}

impl Serialize for Apps {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(App::name))
    }
}

impl<'de> Deserialize<'de> for Apps {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Names)
    }
}

/// Reads a list of names. (A list of texts on the way would be more code in the app.)
struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Apps;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of apps")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Apps, A::Error> {
        let mut apps = 0;
        while let Some(name) = names.next_element::<String>()? {
            apps |= App::named(&name).map_or(0, App::bit);
        }
        Ok(Apps(apps))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Apps {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Apps".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<&str> = App::ALL.iter().map(|app| app.name()).collect();
        schemars::json_schema!({
            "description": "The apps of a server that are on.",
            "type": "array",
            "items": { "type": "string", "enum": names },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_the_list_of_its_names_and_leaves_out_those_of_a_newer_version() {
        let read = |text: &str| serde_json::from_str::<Apps>(text).unwrap();
        let some = read(r#"["price","garden","feed","price"]"#);
        assert_eq!(some.iter().collect::<Vec<_>>(), [App::Feed, App::Price]);
        assert_eq!(serde_json::to_string(&some).unwrap(), r#"["feed","price"]"#);
        assert_eq!(read("[]"), Apps::default());
        assert!(App::ALL.iter().all(|app| Apps::all().contains(*app)));
    }

    #[test]
    fn one_app_is_switched() {
        let without = Apps::all().switched(App::Orders);
        assert_eq!(without.iter().collect::<Vec<_>>(), [App::Feed, App::Price, App::Counter]);
        assert_eq!(without.switched(App::Orders), Apps::all());
        assert_eq!(Apps::default().switched(App::Price), [App::Price].into_iter().collect());
    }
}
