//! `docs/permissions.md`.

use std::fmt::Write as _;

use madang_shared::ErrorCode;

use super::app_requests::APP_USERS;
use super::{Answer, RELATIONS, USERS, Walk};

const INTRODUCTION: &str = "# Permissions

The rights of each kind of user. A test makes every request and writes this page, so it shows the answers of the server.
`crates/hub/src/policy/rights.rs` has the rules. They refuse everything else. The store applies them in the transaction of
the request.

`yes`: the server allows it. `no`: it refuses, and says why (`forbidden`). `join first`: the room is public, and the user
has not joined it (`not_member`). `unknown`: it answers as for a room that was never made (`not_found`).

";

const APPS: &str = "
## The apps

The rights of a user in an app follow from grants. Each role has some, which administrators change in the settings, and they
decide otherwise for one user. The first columns are the roles on an open server and, after them, on one with invitations;
the columns with a grant are a member who has this grant alone.

";

pub(super) fn page(walk: &Walk) -> String {
    let mut page = INTRODUCTION.to_owned();
    page += "## The workspace\n\n";
    let users: Vec<&str> = USERS.iter().map(|(name, _)| *name).collect();
    head(&mut page, "request", &users);
    for (request, answers) in &walk.workspace {
        row(&mut page, request.name(), answers);
    }
    page += APPS;
    let app_users: Vec<&str> = APP_USERS.iter().map(|user| user.name).collect();
    head(&mut page, "request", &app_users);
    for (request, answers) in &walk.apps {
        row(&mut page, request.name(), answers);
    }
    let relations: Vec<&str> = RELATIONS.iter().map(|relation| relation.name).collect();
    let columns: Vec<&str> = relations.into_iter().chain(["no such room"]).collect();
    let mut shown: Vec<usize> = Vec::new();
    for (index, requests) in walk.rooms.iter().enumerate() {
        if shown.contains(&index) {
            continue;
        }
        // Users with the same answers share a table.
        let same: Vec<usize> =
            (index..users.len()).filter(|other| &walk.rooms[*other] == requests).collect();
        let names: Vec<&str> = same.iter().map(|index| users[*index]).collect();
        let _infallible = write!(page, "\n## Rooms: {}\n\n", names.join(", ").to_lowercase());
        head(&mut page, "request", &columns);
        for (request, answers) in requests {
            row(&mut page, request.name(), answers);
        }
        shown.extend(same);
    }
    page
}

fn head(page: &mut String, first: &str, columns: &[&str]) {
    let _infallible = writeln!(page, "| {first} | {} |", columns.join(" | "));
    *page += &"| --- ".repeat(columns.len() + 1);
    *page += "|\n";
}

fn row(page: &mut String, name: &str, answers: &[Answer]) {
    let answers: Vec<&str> = answers.iter().map(|answer| word(*answer)).collect();
    let _infallible = writeln!(page, "| {name} | {} |", answers.join(" | "));
}

fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Allowed => "yes",
        Answer::Refused(ErrorCode::NotMember) => "join first",
        Answer::Refused(ErrorCode::NotFound) => "unknown",
        Answer::Refused(_) => "no",
    }
}
