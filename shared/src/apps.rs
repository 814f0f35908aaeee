//! The apps: the features that the operator of a server switches on and off. Chat and notices are always on.

use serde::{Deserialize, Serialize};

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
}

/// A set of apps. On the wire it is the list of their names; the names of a newer version are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Apps(Vec<App>);

impl Apps {
    /// The set of all apps.
    pub fn all() -> Self {
        Self(App::ALL.to_vec())
    }

    /// Whether the set has the app.
    pub fn contains(&self, app: App) -> bool {
        self.0.contains(&app)
    }

    /// Whether the set has no app.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The apps, in the order of [`App::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = App> {
        self.0.iter().copied()
    }

    /// The set in which one app is switched.
    #[must_use]
    pub fn switched(&self, app: App) -> Self {
        App::ALL.iter().copied().filter(|it| self.contains(*it) != (*it == app)).collect()
    }
}

impl FromIterator<App> for Apps {
    fn from_iter<I: IntoIterator<Item = App>>(apps: I) -> Self {
        let mut apps: Vec<App> = apps.into_iter().collect();
        apps.sort_unstable();
        apps.dedup();
        Self(apps)
    }
}

impl From<Vec<String>> for Apps {
    fn from(names: Vec<String>) -> Self {
        names.iter().filter_map(|name| App::named(name)).collect()
    }
}

impl From<Apps> for Vec<String> {
    fn from(apps: Apps) -> Self {
        apps.iter().map(|app| app.name().to_owned()).collect()
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
