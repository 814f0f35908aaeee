//! The tables of the schema. Their list is read from the migrated schema of an engine, so that a new table is moved
//! without a line here.

/// The tables that belong to one engine or to one run, each with the reason why it is not moved.
const NOT_MOVED: [(&str, &str); 8] = [
    ("refinery_schema_history", "the migrations of SQLite"),
    ("schema_migrations", "the migrations of PostgreSQL"),
    ("durability", "the state of one database file"),
    ("cluster_identity", "the identity of one PostgreSQL cluster"),
    ("external_changes", "the count of changes by other programs of one PostgreSQL database"),
    ("orders_actor", "the acting user during one change"),
    ("challenges", "the memory between two requests of a browser"),
    ("leases", "the works of nodes that have stopped"),
];

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// 64 bits with a sign.
    Integer,
    Text,
    Bytes,
    /// A type that the schema does not use.
    Other,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableColumn {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
    pub(crate) is_nullable: bool,
}

/// A foreign key of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The column, as its number in the table.
    pub(crate) column: usize,
    pub(crate) to_table: String,
    pub(crate) to_column: String,
}

/// A table of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<TableColumn>,
    /// The columns of the primary key, in its order.
    pub(crate) key: Vec<usize>,
    pub(crate) references: Vec<Reference>,
}

impl Table {
    /// The names of the columns, for a statement.
    pub(crate) fn column_list(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        names.join(", ")
    }

    /// The quoted names of the key's columns.
    pub(crate) fn key_columns(&self) -> Vec<String> {
        self.key.iter().filter_map(|&it| Some(quoted(&self.columns.get(it)?.name))).collect()
    }

    /// The column of a key that is one number.
    pub(crate) fn numbered_key(&self) -> Option<&TableColumn> {
        let &[column] = self.key.as_slice() else { return None };
        self.columns.get(column).filter(|column| column.kind == ColumnKind::Integer)
    }
}

/// A name in a statement.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether the rows of a table are moved.
pub(crate) fn is_moved(table: &str) -> bool {
    NOT_MOVED.iter().all(|(name, _)| *name != table)
}

/// The tables in an order in which each stands after those that it references.
pub(crate) fn in_order_of_references(mut tables: Vec<Table>) -> Vec<Table> {
    let mut ordered: Vec<Table> = Vec::with_capacity(tables.len());
    while !tables.is_empty() {
        let is_free = |table: &Table| {
            table.references.iter().all(|reference| {
                reference.to_table == table.name
                    || ordered.iter().any(|earlier| earlier.name == reference.to_table)
            })
        };
        // In a circle of references, any table can be the next: the engine checks them at the end.
        let next = tables.iter().position(is_free).unwrap_or(0);
        ordered.push(tables.remove(next));
    }
    ordered
}

/// The differences of a database from the schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SchemaDifferences {
    /// Sentences about tables and columns of the schema that the database has not, or has otherwise, and about columns
    /// that only the database has.
    pub(crate) faults: Vec<String>,
    /// Tables of other programs.
    pub(crate) unknown_tables: Vec<String>,
}

/// Compares the tables of a database with those of the schema.
pub(crate) fn compare(schema: &[Table], found: &[Table]) -> SchemaDifferences {
    let mut differences = SchemaDifferences::default();
    for table in schema {
        match found.iter().find(|it| it.name == table.name) {
            Some(found) => compare_columns(table, found, &mut differences.faults),
            None => differences.faults.push(format!("there is no table {}", table.name)),
        }
    }
    let is_unknown = |table: &&Table| {
        is_moved(&table.name) && schema.iter().all(|expected| expected.name != table.name)
    };
    differences.unknown_tables =
        found.iter().filter(is_unknown).map(|table| table.name.clone()).collect();
    differences
}

fn compare_columns(schema: &Table, found: &Table, faults: &mut Vec<String>) {
    for column in &schema.columns {
        match found.columns.iter().find(|it| it.name == column.name) {
            Some(same) if same == column => {}
            Some(_) => {
                faults.push(format!("the column {}.{} has another type", schema.name, column.name));
            }
            None => faults.push(format!("there is no column {}.{}", schema.name, column.name)),
        }
    }
    for column in &found.columns {
        if schema.columns.iter().all(|it| it.name != column.name) {
            faults.push(format!("the column {}.{} is not Madang's", schema.name, column.name));
        }
    }
    if schema.key_columns() != found.key_columns() {
        faults.push(format!("the table {} has another primary key", schema.name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, columns: &[&str], references: &[&str]) -> Table {
        let column = |name: &&str| TableColumn {
            name: (*name).to_owned(),
            kind: ColumnKind::Integer,
            is_nullable: false,
        };
        let reference = |to: &&str| Reference {
            column: 0,
            to_table: (*to).to_owned(),
            to_column: "id".to_owned(),
        };
        Table {
            name: name.to_owned(),
            columns: columns.iter().map(column).collect(),
            key: vec![0],
            references: references.iter().map(reference).collect(),
        }
    }

    #[test]
    fn a_table_stands_after_those_that_it_references() {
        let tables = vec![
            table("members", &["id"], &["users", "rooms"]),
            table("rooms", &["id"], &["users"]),
            table("users", &["id"], &["users"]),
        ];
        let names: Vec<String> =
            in_order_of_references(tables).into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["users", "rooms", "members"]);
        let circle = vec![table("a", &["id"], &["b"]), table("b", &["id"], &["a"])];
        assert_eq!(in_order_of_references(circle).len(), 2);
    }

    #[test]
    fn a_missing_an_added_and_a_changed_column_are_found() {
        let schema = [table("users", &["id", "name"], &[])];
        assert_eq!(compare(&schema, &schema), SchemaDifferences::default());
        let faults = |found: &[Table]| compare(&schema, found).faults.len();
        assert_eq!(faults(&[]), 1);
        assert_eq!(faults(&[table("users", &["id"], &[])]), 1);
        assert_eq!(faults(&[table("users", &["id", "name", "age"], &[])]), 1);
        let mut other = table("users", &["id", "name"], &[]);
        other.columns[1].kind = ColumnKind::Text;
        assert_eq!(faults(&[other.clone()]), 1);
        other.columns[1].kind = ColumnKind::Integer;
        other.key = vec![1];
        assert_eq!(faults(&[other]), 1);
        let found =
            [schema[0].clone(), table("notes", &["id"], &[]), table("leases", &["id"], &[])];
        assert_eq!(compare(&schema, &found).unknown_tables, ["notes"]);
    }
}
